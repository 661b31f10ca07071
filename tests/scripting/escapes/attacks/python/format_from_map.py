# aim: the same, called from C
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + list(map('{0.__class__}'.format, [1]))[0]
