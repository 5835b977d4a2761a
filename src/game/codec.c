#include "game/codec.h"

#include "game/json.h"

static const struct codec json_codec = {
    .name = "json",
    .format = FORMAT_JSON,
    .put = json_put,
    .put_list = json_put_list,
    .parse = json_parse,
};

static const struct codec *const codecs[FORMATS] = {
    [FORMAT_JSON] = &json_codec,
};

const struct codec *
codec_of(unsigned format)
{
    return format < FORMATS ? codecs[format] : NULL;
}
