# aim: a field in the specification of a field
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + '{0:>{1.__class__.__name__[0]}}'.format(1, '') if False else 'BROKEN' + '{0.__class__!r:>40}'.format(1)
