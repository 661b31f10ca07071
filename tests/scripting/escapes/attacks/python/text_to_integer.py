# aim: time, by an integer of long text
# kind: exhaust
# source: CVE-2020-10735
# ends: threw
return int('9' * 100000)
