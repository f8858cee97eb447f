"""What the API server itself checks of a register, as CEL; what needs the value, the admission policy and Python check.

An entry beside templateRef may say only in what it differs, so each rule holds its tongue where a field is not there.
"""

from fabgitops_core.api.schema import Rule, Schema

REFERENCE: Schema = {"x-kubernetes-int-or-string": True, "maxLength": 6, "pattern": "^[0-9]{1,6}$"}

_BIT_TABLES = "['coil', 'discrete']"
_NO_NUMBERS = "['bool', 'bit', 'string']"
_TEXT = "string(self.reference)"
_NOUN = (
    f"({_TEXT}.size() < 5 || {_TEXT}.startsWith('0') ? 'coil' : {_TEXT}.startsWith('1') ? 'discrete' : "
    f"{_TEXT}.startsWith('3') ? 'input' : 'holding')"
)

_NUMBER = f"int({_TEXT}) % ({_TEXT}.size() == 6 ? 100000 : 10000)"

_FORM_RULES = (
    Rule(
        f"!has(self.reference) || {_TEXT}.matches('^([0-9]{{1,4}}|[0134][0-9]{{4,5}})$')",
        "reference has five digits (40001) or six (400001), the first of them that of its table: "
        "0 coil, 1 discrete, 3 input, 4 holding; a coil may go without its leading zero (17)",
        field=".reference",
    ),
    Rule(
        f"!has(self.reference) || !has(self.table) || self.table == {_NOUN}",
        "reference names another table than table says: drop table, or write address (0-based) in place of reference",
        field=".reference",
        said=(
            f"'reference ' + {_TEXT} + ' names table ' + {_NOUN} + ', and table is ' + self.table + "
            f"({_TEXT}.size() < 5 ? '; if you mean address ' + {_TEXT} + ', write address: ' + {_TEXT} : '; drop one')"
        ),
    ),
    Rule(
        f"!has(self.table) || !(self.table in {_BIT_TABLES}) || !has(self.type) || self.type == 'bool'",
        "coil and discrete hold true or false: drop type, or choose table holding or input",
        field=".type",
    ),
    Rule(
        "!has(self.bit) || !has(self.type) || self.type in ['bit', 'bits']",
        "bit goes with type bit or bits: change type, or drop bit",
        field=".bit",
    ),
    Rule(
        "!has(self.lastBit) || !has(self.type) || self.type == 'bits'",
        "lastBit goes with type bits: change type, or drop lastBit",
        field=".lastBit",
    ),
    Rule(
        "!has(self.lastBit) || !has(self.bit) || self.bit < self.lastBit",
        "bits go up from bit to lastBit; a single one is of type bit",
        field=".lastBit",
    ),
    Rule(
        "!has(self.length) || self.length % 2 == 0",
        "length must be even: a word holds two bytes",
        field=".length",
    ),
    Rule(
        "!has(self.type) || self.type == 'string' || !(has(self.length) || has(self.encoding) || has(self.padding))",
        "length, encoding and padding go with type string: change type, or drop them",
    ),
    Rule(
        f"!has(self.reference) || !{_TEXT}.matches('^[0-9]{{1,6}}$') || {_NUMBER} >= 1 && {_NUMBER} <= 65536",
        "reference counts from 1 (address 0) to 65536 behind the digit of its table: 40001 to 49999, 400001 to 465536",
        field=".reference",
    ),
    Rule(
        "!has(self.scale) || self.scale != 0.0",
        "scale must not be 0, which makes every value the same: leave it out for 1",
        field=".scale",
    ),
    Rule(
        "!has(self.type) || !(self.type in ['bool', 'bit', 'bits', 'string']) || "
        "!has(self.byteOrder) || self.byteOrder == 'ABCD' || (self.type == 'string' && self.byteOrder == 'BADC')",
        "byteOrder of a string is ABCD or BADC, and bool, bit and bits have none: drop it",
        field=".byteOrder",
    ),
)
"""Of a place and a form, be it of a register or of where that is read."""

READ_FROM_RULES = (
    Rule(
        "has(self.address) != has(self.reference)",
        "say where it is read, once: address (0-based as on the wire) or reference (as on the drawing)",
    ),
    *_FORM_RULES,
    Rule(
        "!has(self.type) || self.type != 'sum'",
        "a sum of several words is not written: choose another type",
        field=".type",
    ),
)

REGISTER_RULES = (
    Rule(
        "!has(self.address) || !has(self.reference)",
        "address and reference both say where it is: keep one of them, and drop the other",
        field=".reference",
        said=(
            f"'address and reference ' + {_TEXT} + ' both say where ' + self.name + "
            "' is: keep one of them, and drop the other'"
        ),
    ),
    *_FORM_RULES,
    Rule(
        "!has(self.min) || !has(self.max) || self.min <= self.max",
        "min must not be above max",
        field=".min",
    ),
    Rule(
        f"!has(self.type) || !(self.type in {_NO_NUMBERS}) || "
        "!(has(self.scale) && self.scale != 1.0 || has(self.offset) && self.offset != 0.0 || "
        "has(self.min) || has(self.max))",
        "scale, offset, min and max are for numbers, not for type bool, bit or string: drop them",
    ),
    Rule(
        "!has(self.write) || !has(self.write.function) || self.write.function != 'mask' || "
        "!has(self.type) || self.type in ['bit', 'bits']",
        "write.function mask (FC22) changes bits of a holding register: it goes with type bit or bits",
        field=".write.function",
    ),
    Rule(
        "!has(self.write) || !has(self.write.function) || self.write.function != 'single' || !has(self.type) || "
        "!(self.type in ['int32', 'uint32', 'float32', 'bcd32', 'int64', 'uint64', 'float64']) && "
        "!(self.type == 'string' && has(self.length) && self.length > 2)",
        "write.function single (FC06) writes one word, and a value of several goes out in one request: "
        "choose multiple (FC16), or drop it for auto",
        field=".write.function",
    ),
    Rule(
        "!has(self.scaleRegister) || !has(self.type) || self.type in "
        "['int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'bcd16', 'bcd32']",
        "scaleRegister is for whole numbers: change type, or drop it",
        field=".scaleRegister",
    ),
    Rule(
        "!has(self.scaleRegister) || !has(self.enum) && !(has(self.write) && (has(self.write.ramp) || "
        "has(self.write.verify) && !self.write.verify))",
        "what scaleRegister says changes while the device runs: not with a ramp, verify: false, or an enum; drop one",
        field=".scaleRegister",
    ),
    Rule(
        "!has(self.parts) || !(has(self.address) || has(self.reference)) && (!has(self.type) || self.type == 'sum')",
        "parts say where each is and how it is understood: drop address, reference and type, or parts",
        field=".parts",
    ),
    Rule(
        "!has(self.parts) || !has(self.write)",
        "a sum of several words is only observed: drop write",
        field=".parts",
    ),
    Rule(
        "!has(self.type) || self.type != 'sum' || has(self.parts)",
        "type sum goes with parts: say them, and drop type",
        field=".type",
    ),
    Rule(
        f"!has(self.noValue) || has(self.readFrom) || !(has(self.table) && self.table in {_BIT_TABLES}) && "
        "!(has(self.write) && has(self.write.verify) && !self.write.verify)",
        "noValue is for words that are read: not for coil or discrete, nor with verify: false; drop it",
        field=".noValue",
    ),
    Rule(
        "!has(self.write) || !has(self.write.ramp) || "
        f"!(has(self.type) && self.type in {_NO_NUMBERS}) && !(has(self.table) && self.table in {_BIT_TABLES}) && "
        "!has(self.enum) && !(has(self.write.verify) && !self.write.verify)",
        "write.ramp is for numbers that are read back: not for bool, bit or string, an enum, or verify: false; drop it",
        field=".write.ramp",
    ),
    Rule(
        "!has(self.group) || !has(self.parts) && !(has(self.table) && self.table in ['input', 'discrete']) && "
        "!(has(self.type) && self.type in ['bit', 'bits'])",
        "a group goes out in whole words: not with parts, table input or discrete, or type bit or bits; drop group",
        field=".group",
    ),
    Rule(
        "!has(self.group) || !has(self.write) || !has(self.write.ramp) && "
        "!(has(self.write.verify) && !self.write.verify) && "
        "!(has(self.write.function) && self.write.function in ['single', 'mask'])",
        "a group goes out in one request and is read back: not with write.ramp, write.verify: false, or write.function "
        "single or mask; drop one of them",
        field=".group",
    ),
    Rule(
        "!has(self.write) || !has(self.write.repeatSecs) || "
        "!has(self.write.ramp) && !(has(self.write.verify) && !self.write.verify)",
        "write.repeatSecs is for a value that is held: not with a ramp, nor with verify: false, which is given once; "
        "drop one",
        field=".write.repeatSecs",
    ),
    Rule(
        "!has(self.readFrom) || !(has(self.parts) || has(self.scaleRegister) || has(self.group) || has(self.table) && "
        "self.table in ['input', 'discrete'])",
        "readFrom is for what is written in one place and read in another: not with parts, scaleRegister or group, nor "
        "in table input or discrete; drop one",
        field=".readFrom",
    ),
    Rule(
        "!has(self.readFrom) || !has(self.write) || !(has(self.write.ramp) || "
        "has(self.write.verify) && !self.write.verify)",
        "what readFrom shows is compared, and not where a write begins: not with a ramp, or verify: false; drop one",
        field=".readFrom",
    ),
    Rule(
        "!has(self.readFrom) || !has(self.type) || !(self.type in ['bit', 'bits']) || !has(self.write) || "
        "!has(self.write.function) || self.write.function == 'mask'",
        "bits of a word that is read elsewhere are changed in the device: write.function: mask (FC22)",
        field=".write.function",
    ),
    Rule(
        "!has(self.readFrom) || !has(self.noValue) || "
        f"!(has(self.readFrom.table) && self.readFrom.table in {_BIT_TABLES})",
        "noValue is for words that are read: not where readFrom names coil or discrete; drop it",
        field=".noValue",
    ),
)
