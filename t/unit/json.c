/*
 * Field tables, JSON in and out, error bodies.
 */
#include "game/json.h"

#include <limits.h>

#include "core/arena.h"
#include "core/buf.h"
#include "game/codec.h"
#include "game/errors.h"
#include "guard.h"
#include "tap.h"

struct device {
    struct str imei;
    struct str os;
};

static FIELDS(device, FIELD_FLAGS(device, imei, "imei", FIELD_SECRET),
              FIELD(device, os));

struct login {
    int64_t uid;
    int sex;
    bool guest;
    struct str name;
    struct str head_url;
    struct str extra;
    struct str token;
    struct device device;
    struct device *other;
    struct int_list tiles;
    struct int64_list uids;
    struct int_list idxs;
    struct str_list words;
    FIELDS_LIST(device) devices;
};

static FIELDS(login, FIELD(login, uid), FIELD(login, sex), FIELD(login, guest),
              FIELD(login, name), FIELD_NAMED(login, head_url, "headUrl"),
              FIELD_FLAGS(login, extra, "extra", FIELD_NULLABLE),
              FIELD_FLAGS(login, token, "token", FIELD_SECRET),
              FIELD_OBJECT(login, device, "device", device),
              FIELD_POINTER(login, other, "other", device),
              FIELD(login, tiles), FIELD(login, uids),
              FIELD_FLAGS(login, idxs, "idxs", FIELD_NULLABLE),
              FIELD(login, words),
              FIELD_OBJECTS(login, devices, "devices", device));

struct empty {
    int unused;
};

static const struct fields empty_fields = {"empty", sizeof(struct empty), NULL,
                                           0};

static struct guard guard;
static struct arena *arena;

/* Parses text right before the guard page. */
static const char *
parse(struct login *login, const char *text)
{
    size_t len = strlen(text);

    memset(login, 0xaa, sizeof(*login));
    return json_parse(&login_fields, login,
                      (struct str){guard_copy(&guard, text, len), len}, arena);
}

/* The object as JSON, NUL-terminated in the arena. */
static const char *
text_of(const struct login *login)
{
    struct buf out = {0};
    const char *text;

    json_put(&out, &login_fields, login);
    text = arena_dup(arena, out.data, out.len);
    buf_deinit(&out);
    return text;
}

#define ZERO                                                                  \
    "{\"uid\":0,\"sex\":0,\"guest\":false,\"name\":\"\",\"headUrl\":\"\","    \
    "\"extra\":null,\"token\":\"\",\"device\":{\"imei\":\"\",\"os\":\"\"},"   \
    "\"other\":null,\"tiles\":[],\"uids\":[],\"idxs\":null,\"words\":[],\"devices\":[]}"
#define FULL                                                                  \
    "{\"uid\":9007199254740993,\"sex\":-1,\"guest\":true,"                    \
    "\"name\":\"\346\210\277\345\217\267\",\"headUrl\":\"http://x/\","        \
    "\"extra\":\"\",\"token\":\"1.2.3\","                                     \
    "\"device\":{\"imei\":\"i\",\"os\":\"o\"},"                               \
    "\"other\":{\"imei\":\"j\",\"os\":\"p\"},\"tiles\":[1,-2,2147483647],"    \
    "\"uids\":[-9223372036854775808],\"idxs\":[],\"words\":[\"a\",\"\"],"     \
    "\"devices\":[{\"imei\":\"a\",\"os\":\"\"},{\"imei\":\"\",\"os\":\"\"}]}"

static void
test_round_trip(void)
{
    static const char *const zeros[] = {"null",
                                        "{}",
                                        " {} ",
                                        ZERO,
                                        "{\"nobody\":[{\"knows\":1.5e3}]}",
                                        "{\"uid\":null,\"devices\":null}"};
    struct login login;

    for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++) {
        ok(parse(&login, zeros[i]) == NULL, "zero value %zu comes in", i);
        is_str(text_of(&login), ZERO, "zero value %zu goes out", i);
    }
    ok(parse(&login, FULL) == NULL, "every kind of field comes in");
    is_str(text_of(&login), FULL, "every kind of field goes out");
    ok(login.uid == 9007199254740993 && login.tiles.count == 3 &&
           login.tiles.item[2] == INT_MAX && login.uids.item[0] == INT64_MIN &&
           str_equal(login.devices.item[0].imei, STR("a")) &&
           str_equal(login.other->os, STR("p")),
       "the struct holds it");
}

static void
test_names(void)
{
    struct login login;

    ok(!parse(&login, "{\"UID\":7}") && login.uid == 7, "another case");
    ok(!parse(&login, "{\"HEADurl\":\"x\"}") && login.head_url.len == 1,
       "another case of a mixed one");
    ok(!parse(&login, "{\"uid\":1,\"UID\":2}") && login.uid == 1,
       "the exact name wins before another");
    ok(!parse(&login, "{\"UID\":2,\"uid\":1}") && login.uid == 1,
       "the exact name wins behind another");
    ok(!parse(&login, "{\"UID\":2,\"Uid\":3}") && login.uid == 3,
       "of two inexact ones the last");
    ok(!parse(&login, "{\"uid\":2,\"uid\":3}") && login.uid == 3,
       "of two exact ones the last");
    ok(!parse(&login, "{\"UID\":\"x\",\"uid\":3}") && login.uid == 3,
       "a loser's type does not matter");
    ok(!parse(&login, "{\"ui\":1,\"uidd\":2,\"\":3}") && login.uid == 0,
       "similar names are other names");
    ok(fields_find(&login_fields, STR("Guest")) == &login_fields.field[2],
       "a field is found without case");
    ok(fields_find(&login_fields, STR("nobody")) == NULL, "or not found");
}

static void
test_reasons(void)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "empty"},
        {" ", "not valid JSON"},
        {"{", "not valid JSON"},
        {"}", "not valid JSON"},
        {"[}", "not valid JSON"},
        {"{]", "not valid JSON"},
        {"\"", "not valid JSON"},
        {"\"\\", "not valid JSON"},
        {"{}x", "not valid JSON"},
        {"{}{}", "not valid JSON"},
        {"{\"uid\":}", "not valid JSON"},
        {"{\"uid\":01}", "not valid JSON"},
        {"{uid:1}", "not valid JSON"},
        {"{\"uid\":1,}", "not valid JSON"},
        {"{\"name\":\"\xff}", "not valid JSON"},
        {"\xef\xbb\xbf{}", "not valid JSON"},
        {"{\xff}", "not valid JSON"},
        {"{\"name\":\"\\ud83\"}", "not valid JSON"},
        {"{\"name\":\"\n\"}", "not valid JSON"},
        {"{\"uid\":9223372036854775808}", "uid: not an integer"},
        {"{\"uid\":-9223372036854775809}", "uid: not an integer"},
        {"{\"uid\":1e400}", "uid: not an integer"},
        {"{\"x\":1e400,}", "not valid JSON"},
        {"{\"x\":1e400e400}", "not valid JSON"},
        {"{\"x\":1e400,\"y\":1.e400}", "not valid JSON"},
        {"{\"x\":1e400,\"y\":-e400}", "not valid JSON"},
        {"{\"x\":1e400,\"y\":01e400}", "not valid JSON"},
        {"{\"x\":0123456789012345678901}", "not valid JSON"},
        {"[]", "not an object"},
        {"1", "not an object"},
        {"\"x\"", "not an object"},
        {"true", "not an object"},
        {"{\"uid\":\"1\"}", "uid: not an integer"},
        {"{\"uid\":1.0}", "uid: not an integer"},
        {"{\"UID\":true}", "uid: not an integer"},
        {"{\"sex\":2147483648}", "sex: out of range"},
        {"{\"sex\":-2147483649}", "sex: out of range"},
        {"{\"guest\":1}", "guest: not a boolean"},
        {"{\"name\":1}", "name: not a string"},
        {"{\"name\":[]}", "name: not a string"},
        {"{\"device\":[]}", "device: not an object"},
        {"{\"device\":{\"imei\":1}}", "device.imei: not a string"},
        {"{\"other\":\"\"}", "other: not an object"},
        {"{\"other\":{\"os\":{}}}", "other.os: not a string"},
        {"{\"tiles\":{}}", "tiles: not a list"},
        {"{\"words\":\"a\"}", "words: not a list"},
        {"{\"words\":[\"a\",1]}", "words[1]: not a string"},
        {"{\"tiles\":[1,\"2\"]}", "tiles[1]: not an integer"},
        {"{\"tiles\":[1e99]}", "tiles[0]: not an integer"},
        {"{\"devices\":[{},1]}", "devices[1]: not an object"},
        {"{\"devices\":[{\"os\":0}]}", "devices[0].os: not a string"},
    };
    struct login login;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_str(parse(&login, cases[i].text), cases[i].why, "%s",
               cases[i].text[0] < ' ' ? "nothing" : cases[i].why);
    ok(parse(&login, "{\"tiles\":[null],\"devices\":[null]}") == NULL &&
           login.tiles.item[0] == 0 && login.devices.item[0].os.len == 0,
       "null in a list is a zero value");
}

static const char *
scan_repeated(const char *open, size_t n, const char *tail)
{
    struct buf text = {0};
    const char *why;

    for (size_t i = 0; i < n; i++)
        buf_append_str(&text, str_of(open));
    buf_append_str(&text, str_of(tail));
    why = json_scan(buf_str(&text));
    buf_deinit(&text);
    return why;
}

static void
test_scan(void)
{
    is_str(scan_repeated("[", 17, ""), "nested too deeply", "17 levels");
    is_str(scan_repeated("[", 100000, ""), "nested too deeply", "a ladder");
    is_str(scan_repeated("{\"a\":", 17, "1"), "nested too deeply", "objects");
    ok(scan_repeated("[", 16, "]]]]]]]]]]]]]]]]") == NULL, "16 levels");
    is_str(scan_repeated("[],", 60000, ""), "too many values", "empty lists");
    is_str(scan_repeated("1,", 4096, "1"), "too many values", "numbers");
    ok(scan_repeated("1,", 4095, "1") == NULL, "as many as may be");
    ok(json_scan(STR("\"[[[[[[[[[[[[[[[[[[[[[,,,,\\\"]]]{{{\"")) == NULL,
       "what stands in a string does not count");
    is_str(json_scan((struct str){"", JSON_MAX_TEXT + 1}), "too large",
           "a text above the limit is not even looked at");
}

static void
test_bytewise(void)
{
    struct login login;
    size_t len = strlen(FULL), accepted = 0;

    for (size_t cut = 0; cut < len; cut++) {
        struct str part = {guard_copy(&guard, FULL, cut), cut};

        accepted += json_parse(&login_fields, &login, part, arena) == NULL;
    }
    is_int(accepted, 0, "no part of an object is one");
}

static const char *
str_json(struct str s)
{
    struct buf out = {0};
    const char *text;

    s.data = guard_copy(&guard, s.data, s.len);
    json_put_str(&out, s);
    text = arena_dup(arena, out.data, out.len);
    buf_deinit(&out);
    return text;
}

#define BAD "\xef\xbf\xbd"

static void
test_escape(void)
{
    static const struct {
        struct str raw;
        const char *json;
    } cases[] = {
        {STR_INIT(""), "\"\""},
        {STR_INIT("a\"b\\c/"), "\"a\\\"b\\\\c/\""},
        {STR_INIT("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\""},
        {STR_INIT("\0\1\x1f\x7f"), "\"\\u0000\\u0001\\u001f\\u007f\""},
        {STR_INIT("\xc3\xa4\xe6\x88\xbf\xf0\x9f\x80\x84"),
         "\"\xc3\xa4\xe6\x88\xbf\\uD83C\\uDC04\""},
        {STR_INIT("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"),
         "\"\\uD800\\uDC00\\uDBFF\\uDFFF\""},
        {STR_INIT("\xef\xbf\xbf"), "\"\xef\xbf\xbf\""},
        {STR_INIT("\xff\xfe"), "\"" BAD BAD "\""},
        {STR_INIT("\x80"), "\"" BAD "\""},
        {STR_INIT("\xc0\x80"), "\"" BAD BAD "\""},
        {STR_INIT("\xc1\xbf"), "\"" BAD BAD "\""},
        {STR_INIT("\xe0\x9f\xbf"), "\"" BAD BAD BAD "\""},
        {STR_INIT("\xed\xa0\x80"), "\"" BAD BAD BAD "\""},
        {STR_INIT("\xf0\x8f\xbf\xbf"), "\"" BAD BAD BAD BAD "\""},
        {STR_INIT("\xf4\x90\x80\x80"), "\"" BAD BAD BAD BAD "\""},
        {STR_INIT("\xf5\x80\x80\x80"), "\"" BAD BAD BAD BAD "\""},
        {STR_INIT("a\xe6\x88"), "\"a" BAD BAD "\""},
        {STR_INIT("\xf0\x9f\x80"), "\"" BAD BAD BAD "\""},
        {STR_INIT("\xc3"), "\"" BAD "\""},
        {STR_INIT("\xc3\"x"), "\"" BAD "\\\"x\""},
    };
    struct login login = {0}, back;
    char every[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        is_str(str_json(cases[i].raw), cases[i].json, "string %zu", i);

    for (int i = 0; i < 128; i++)
        every[i] = (char) i;
    login.name = (struct str){every, 128};
    ok(parse(&back, text_of(&login)) == NULL &&
           str_equal(back.name, login.name),
       "every ASCII character comes back");
    for (int i = 0; i < 256; i++)
        every[i] = (char) i;
    login.name = (struct str){every, 256};
    ok(parse(&back, text_of(&login)) == NULL && back.name.len == 128 + 3 * 128,
       "what goes out is always readable");
}

/* What clients write that is no UTF-8, or no pair of escapes. */
static void
test_repair(void)
{
    static const struct {
        const char *in, *name;
    } cases[] = {
        {"\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
        {"\xed\xa0\xbd\xed\xb8\x80", "\xf0\x9f\x98\x80"},
        {"\xed\xa0\x80\xed\xb0\x80", "\xf0\x90\x80\x80"},
        {"\xed\xaf\xbf\xed\xbf\xbf", "\xf4\x8f\xbf\xbf"},
        {"a\xed\xa0\xbd", "a" BAD BAD BAD},
        {"\xed\xa0\xbdz", BAD BAD BAD "z"},
        {"\xed\xb8\x80\xed\xa0\xbd", BAD BAD BAD BAD BAD BAD},
        {"\xed\xa0\xbd\xed\xb8", BAD BAD BAD BAD BAD},
        {"\xed\xa0\xbd\xed\xa0\xbd\xed\xb8\x80",
         BAD BAD BAD "\xf0\x9f\x98\x80"},
        {"\xff\xfe\xe6\x88\xbf", BAD BAD "\xe6\x88\xbf"},
        {"\xc0\xaf\xf4\x90\x80\x80", BAD BAD BAD BAD BAD BAD},
        {"\xe6\x88", BAD BAD},
        {"12345678\xe6", "12345678" BAD},
        {"\\ud83d\\ude00", "\xf0\x9f\x98\x80"},
        {"\\uD83D\\uDE00", "\xf0\x9f\x98\x80"},
        {"\\ud83d", BAD},
        {"\\ude00\\ud83d", BAD BAD},
        {"\\ud83d\\ud83d\\ude00", BAD "\xf0\x9f\x98\x80"},
        {"\\ud83d\\u0041", BAD "A"},
        {"\\ud83d\\\\ude00", BAD "\\ude00"},
        {"\\\\ud83d", "\\ud83d"},
        {"\\ud83d\xed\xb8\x80", BAD BAD BAD BAD},
        {"\\ud83d\\n", BAD "\n"},
        {"\\ud7ff\\ue000", "\xed\x9f\xbf\xee\x80\x80"},
    };
    struct login login;
    char text[256];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(text, sizeof(text), "{\"uid\":7,\"name\":\"%s\"}",
                 cases[i].in);
        ok(parse(&login, text) == NULL && login.uid == 7 &&
               str_equal(login.name, str_of(cases[i].name)),
           "text %zu of a client", i);
    }
    ok(parse(&login, "{\"n\xed\xa0\xbd\xed\xb8\x80\":1,\"uid\":7}") == NULL &&
           login.uid == 7,
       "also in a name of a field");
}

static void
test_huge_numbers(void)
{
    static const char *const numbers[] = {
        "9223372036854775808",
        "-9223372036854775809",
        "1e400",
        "-1e400",
        "1E+400",
        "99999999999999999999999999999999999999999999999999",
        "[1e400,{\"\\\"1e400\":18446744073709551615}]",
    };
    struct login login;
    char text[256];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        snprintf(text, sizeof(text),
                 "{\"x\":%s,\"uid\":9223372036854775807,"
                 "\"name\":\"99999999999999999999\",\"y\":%s}",
                 numbers[i], numbers[i]);
        ok(parse(&login, text) == NULL && login.uid == INT64_MAX &&
               str_equal(login.name, STR("99999999999999999999")),
           "nobody's field with %s", numbers[i]);
    }
    ok(parse(&login, "{\"x\":1e400,\"uid\":-9223372036854775808}") == NULL &&
           login.uid == INT64_MIN,
       "the lowest number beside one");
}

static void
test_lists_and_numbers(void)
{
    static const int64_t numbers[] = {0, -1, 10, INT64_MAX, INT64_MIN};
    const struct device devices[] = {{STR("a"), STR("b")},
                                     {STR(""), STR("c")}};
    struct buf out = {0};

    json_put_list(&out, &device_fields, devices, 2);
    json_put_list(&out, &device_fields, NULL, 0);
    json_put(&out, &device_fields, NULL);
    json_put(&out, &empty_fields, devices);
    for (size_t i = 0; i < 5; i++) {
        buf_append_byte(&out, ' ');
        json_put_int(&out, numbers[i]);
    }
    buf_append_byte(&out, '\0');
    is_str((char *) out.data,
           "[{\"imei\":\"a\",\"os\":\"b\"},{\"imei\":\"\",\"os\":\"c\"}][]"
           "null{} 0 -1 10 9223372036854775807 -9223372036854775808",
           "lists, nothing, no fields, numbers");
    buf_deinit(&out);
}

static void
test_dump(void)
{
    struct login login;
    struct buf out = {0};
    size_t bad = 0, whole;

    parse(&login, FULL);
    json_dump(&out, &login_fields, &login, 10000);
    whole = out.len;
    buf_append_byte(&out, '\0');
    ok(strstr((char *) out.data, "1.2.3") == NULL &&
           strstr((char *) out.data, "\"token\":\"***\"") != NULL &&
           strstr((char *) out.data, "\"imei\":\"i\"") == NULL &&
           strstr((char *) out.data, "\"imei\":\"a\"") == NULL &&
           strstr((char *) out.data, "\"os\":\"o\"") != NULL,
       "secrets are masked at every depth, the rest is not");
    for (size_t max = 0; max <= whole; max++) {
        out.len = 0;
        buf_append_byte(&out, '>');
        json_dump(&out, &login_fields, &login, max);
        bad += out.len - 1 > max;
        bad += max < whole && max >= 3 &&
               memcmp(out.data + out.len - 3, "...", 3) != 0;
        bad += max > 6 && out.len - 1 + 3 < max; /* a character at most */
        buf_append_byte(&out, '\0');
        /* No half character is left in front of the dots. */
        bad += max > 3 && strstr(str_json(str_of((char *) out.data)), BAD);
    }
    is_int(bad, 0, "it is cut to any length, between characters");
    buf_deinit(&out);
}

static void
test_errors(void)
{
    struct buf out = {0};

    error_put(codec_of(FORMAT_JSON), &out, ERROR_BAD_ROUTE, NULL);
    error_put(codec_of(FORMAT_JSON), &out, ERROR_ILLEGAL_PARAMETER,
              "uid: \"x\"");
    error_put_text(codec_of(FORMAT_JSON), &out, -1, STR("\346\210\277"));
    buf_append_byte(&out, '\0');
    is_str((char *) out.data,
           "{\"code\":1001,\"error\":\"bad route\"}"
           "{\"code\":1006,\"error\":\"illegal parameter: uid: \\\"x\\\"\"}"
           "{\"code\":-1,\"error\":\"\346\210\277\"}",
           "error bodies");
    is_str(error_text(1016), "permission denied", "1016");
    is_str(error_text(1043), "desk not found", "1043");
    is_str(error_text(1044), "unknown", "1044");
    is_str(error_text(999), "unknown", "999");
    is_int(ERROR_DESK_NOT_FOUND, 1043, "the last code");
    is_int(ERROR_FREQUENCY_LIMITED, 1030, "frequency limited");
    buf_deinit(&out);
}

int
main(void)
{
    json_init();
    guard = guard_create(8192);
    arena = arena_create(4096);
    test_round_trip();
    test_names();
    test_reasons();
    test_scan();
    test_bytewise();
    test_escape();
    test_repair();
    test_huge_numbers();
    test_lists_and_numbers();
    test_dump();
    test_errors();
    arena_destroy(arena);
    guard_destroy(&guard);
    return tap_done();
}
