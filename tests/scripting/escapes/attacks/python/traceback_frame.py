# aim: frames through the traceback of an error
# kind: escape
# source: pyjail classic
try:
    1 / 0
except Exception as e:
    return 'BROKEN' if e.__traceback__.tb_frame.f_globals else None
