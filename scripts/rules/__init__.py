"""The house rules that no other tool knows, one in a module: `breaches(project)` yields each as "file:line: what"."""
