"""The command `informe`."""

import sys

# nbformat imports jsonschema, which imports this package if it is installed. That takes
# a second, and no notebook's schema needs it: it checks internationalised addresses.
sys.modules.setdefault("rfc3987_syntax", None)
