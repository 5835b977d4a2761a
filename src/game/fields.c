#include "game/fields.h"

static bool
is_named(const struct field *f, struct str name)
{
    return f->name_len == name.len && !memcmp(f->name, name.data, name.len);
}

const struct field *
fields_find(const struct fields *fields, struct str name)
{
    const struct field *end = fields->field + fields->count;

    for (const struct field *f = fields->field; f < end; f++) {
        if (is_named(f, name))
            return f;
    }
    for (const struct field *f = fields->field; f < end; f++) {
        if (str_equal_nocase((struct str){f->name, f->name_len}, name))
            return f;
    }
    return NULL;
}
