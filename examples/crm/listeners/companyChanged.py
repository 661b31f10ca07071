# A data event: names the fields whose values differ from before.
before = oldRecord.toJson()
after = record.toJson()
changed = [name for name in after if name not in before or before[name] != after[name]]
log(record.label() + ' changed: ' + ', '.join(changed))
