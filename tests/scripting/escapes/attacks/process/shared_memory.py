# aim: memory shared with others
# kind: escape
# source: own
import os, _posixshmem
name = f'/headrace-{os.getpid()}'
number = _posixshmem.shm_open(name, os.O_CREAT | os.O_RDWR, mode=0o600)
_posixshmem.shm_unlink(name)
return 'BROKEN'
