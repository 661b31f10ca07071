# aim: keys into the worker's terminal
# kind: escape
# source: CVE-2017-5226 and kin (TIOCSTI)
import fcntl, termios
try:
    fcntl.ioctl(0, termios.FIONREAD, b'\0' * 4)
except OSError:
    return 'BROKEN'
return 'BROKEN'
