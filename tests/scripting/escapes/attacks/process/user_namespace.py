# aim: a namespace where the script is root
# kind: escape
# source: CVE-2022-0185 and kin (user namespaces)
import ctypes
ctypes.CDLL(None).unshare(0)
return 'BROKEN'
