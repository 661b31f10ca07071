# aim: string.Formatter by another way to import
# kind: escape
# source: CVE-2024-47532
from string import Formatter as F
return 'BROKEN' + F().get_field('0.__class__', (1,), {})[0].__name__
