# aim: an attribute behind an index in a format string
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + '{0[a].__class__}'.format({'a': 1})
