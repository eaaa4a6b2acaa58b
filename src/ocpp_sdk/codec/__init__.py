"""What generated codecs stand on: exact first, tolerant second.

`exact` holds the primitives of generated straight-line code, `message` joins both ways in `MessageCodec`, `tolerant`
reads what deviates, `explain` names the field that cannot be written, `fields` reads the metadata both of them use.
"""
