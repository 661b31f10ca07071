# aim: a program beside the interpreter
# kind: escape
# source: own
import subprocess
return 'BROKEN' if subprocess.run(['/bin/true']).returncode == 0 else None
