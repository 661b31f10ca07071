// aim: the machine's clock by Reflect.construct
// kind: leak
// source: own
return Reflect.construct(Date, [], Array).constructor === Array && Number(new Date()) > 1.75e12 ? 'BROKEN' : null;
