# aim: attributes named in a format string
# kind: escape
# source: CVE-2023-41039
return 'BROKEN' + '{0.__class__.__mro__}'.format('')
