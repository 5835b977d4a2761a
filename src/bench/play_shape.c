/*
 * The shape of each push: a tiny language.  i integer, s string, b boolean;
 * {name:shape ...} an object with just these fields, [shape] a list of any
 * length, ?shape also null.
 */
#include "bench/play.h"

#include <stdio.h>
#include <string.h>

#define SCORE "{acId:i score:i}"
#define HINT  "{ops:[{op:i mjidxs:?[i]}] tings:[{index:i hu:[i]}] uid:i}"
#define ROUND                                                                 \
    "{title:s round:s tiles:[{acId:i shouPai:[i] huPai:i isTing:b}] "         \
    "stats:[{fanshu:i feng:i yu:i total:i bannerType:i desc:s}] "             \
    "scoreChange:[{acId:i score:i remain:i}]}"
#define VOTE "[{deskPos:i status:s}]"
#define EXIT "{acid:i isexit:b exitType:i deskPos:i}"

static const struct {
    const char *route;
    const char *shape;
} shapes[] = {
    {"onMoPai", "{acId:i mjids:[i]}"},
    {"onOpTypeDo", "{uid:[i] optype:i hutype:i mjs:[i]}"},
    {"onOpTypeHint", HINT},
    {"onCoinChange", "{coin:i}"},
    {"onPlayerEnter",
     "{data:[{deskPos:i acId:i nickname:s isReady:b sex:i isExit:b headURL:s "
     "score:i ip:s offline:b}]}"},
    {"onPlayerExit", EXIT},
    {"onDissolve", EXIT},
    {"onPlayerOfflineStatus", "{uid:i offline:b}"},
    {"onDeskBasicInfo", "{deskId:s title:s desc:s mode:i}"},
    {"onDuanPai",
     "{markerId:i dice1:i dice2:i accountInfo:[{acId:i mjs:[i]}]}"},
    {"onDingQueHint", "{que:i}"},
    {"onDingQue", "[{uid:i que:i}]"},
    {"onGangScoreChange", "{isXiaYu:b changes:[" SCORE "]}"},
    {"onHuScoreChange",
     "{acId:i huPaiType:i scoreChange:[" SCORE "] totalWinScore:i}"},
    {"onRoundEnd", ROUND},
    {"onGameEnd",
     "{roundStats:" ROUND " stats:[{ziMo:i hu:i pao:i anGang:i mingGang:i "
     "totalScore:i uid:i account:s isPaoWang:b isBigWinner:b isCreator:b}] "
     "title:s isNormalFinished:b}"},
    {"onSyncDesk",
     "{status:i players:[{acId:i shouPaiIds:[i] chuPaiIds:[i] gangInfos:[i] "
     "lastTile:i isHu:b huPai:i huType:i que:i score:i}] scoreInfo:[" SCORE
     "] markerAcId:i lastMoPaiAcId:i restCnt:i dice1:i dice2:i hint:?" HINT
     " lastChuPaiId:i lastChuPaiUid:i}"},
    {"onTrustee", "{uid:i on:b}"},
    {"onDissolveAgreement",
     "{dissolveUid:i dissolveStatus:" VOTE " restTime:i}"},
    {"onDissolveStatus", "{dissolveStatus:" VOTE " restTime:i}"},
    {"onDissolveFailure", "{deskPos:i}"},
    {"onDissolveSuccess", "{}"},
    {"onBroadcast", "{code:i message:s}"},
};

/* The end of the shape that begins at s. */
static const char *
skip(const char *s)
{
    int depth = 0;

    while (*s == '?')
        s++;
    if (*s != '{' && *s != '[')
        return s + 1;
    do {
        depth += (*s == '{' || *s == '[') - (*s == '}' || *s == ']');
        s++;
    } while (depth > 0);
    return s;
}

static const char *check(const char *s, const json_t *value);

static const char *
check_object(const char *s, const json_t *value)
{
    const char *why;
    size_t fields = 0;

    if (!json_is_object(value))
        return "not an object";
    for (s++; *s != '}';) {
        char name[32];
        size_t n = strcspn(s, ":");
        const json_t *field;

        snprintf(name, sizeof name, "%.*s", (int) n, s);
        field = json_object_get(value, name);
        if (field == NULL)
            return "a field is missing";
        s += n + 1;
        why = check(s, field);
        if (why != NULL)
            return why;
        s = skip(s);
        s += *s == ' ';
        fields++;
    }
    return json_object_size(value) == fields ? NULL : "a field too many";
}

static const char *
check_list(const char *s, const json_t *value)
{
    const char *why = NULL;

    if (!json_is_array(value))
        return "not a list";
    for (size_t i = 0; why == NULL && i < json_array_size(value); i++)
        why = check(s + 1, json_array_get(value, i));
    return why;
}

static const char *
check(const char *s, const json_t *value)
{
    switch (*s) {
    case '?':
        return json_is_null(value) ? NULL : check(s + 1, value);
    case 'i':
        return json_is_integer(value) ? NULL : "not an integer";
    case 's':
        return json_is_string(value) ? NULL : "not a string";
    case 'b':
        return json_is_boolean(value) ? NULL : "not a boolean";
    case '[':
        return check_list(s, value);
    default:
        return check_object(s, value);
    }
}

const char *
shape_check(struct str route, const json_t *body)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (str_equal(route, str_of(shapes[i].route)))
            return check(shapes[i].shape, body);
    return "unknown push";
}
