"""`python -m offset.programs.stverify`."""

import sys

from offset.programs.stverify import main

sys.exit(main())
