"""The server of the wallet: routes, guards, logins, events, and the files of the page."""
