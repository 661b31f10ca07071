# aim: string.Formatter, which knows no guard
# kind: escape
# source: CVE-2024-47532
import string
return 'BROKEN' + string.Formatter().format('{0.__class__}', 1)
