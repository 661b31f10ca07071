# aim: time, by the text of a long integer
# kind: exhaust
# source: CVE-2020-10735
# ends: threw
return str(10 ** 5000)
