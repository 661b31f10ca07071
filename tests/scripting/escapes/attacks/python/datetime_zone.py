# aim: a time zone that runs inside trusted code
# kind: escape
# source: own
import datetime
class Zone(datetime.tzinfo):
    def utcoffset(self, moment): return datetime.timedelta(0)
return 'BROKEN' if datetime.datetime(2020, 1, 1, tzinfo=Zone()).utcoffset() is not None else None
