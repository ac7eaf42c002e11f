"""The command `informe`."""

import sys

# nbformat imports jsonschema, which takes a second to import a grammar of addresses in
# other alphabets, if it is installed; no notebook's schema asks for it.
sys.modules.setdefault("rfc3987_syntax", None)
