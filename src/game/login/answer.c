#include "game/login/answer.h"

#include "core/arena.h"
#include "game/fields.h"
#include "game/game_conf.h"
#include "game/login/token_policy.h"
#include "game/store/accounts.h"
#include "game/store/clubs.h"

struct login_config {
    struct str version;
    struct str android;
    struct str ios;
    int64_t heartbeat;
    bool force_update;
    struct str title;
    struct str desc;
    struct str agent1;
    struct str agent2;
    struct str support;
    struct str app_id;
    struct str app_key;
};

static FIELDS(login_config, FIELD(login_config, version),
              FIELD(login_config, android), FIELD(login_config, ios),
              FIELD(login_config, heartbeat),
              FIELD_NAMED(login_config, force_update, "forceUpdate"),
              FIELD(login_config, title), FIELD(login_config, desc),
              FIELD_NAMED(login_config, agent1, "daili1"),
              FIELD_NAMED(login_config, agent2, "daili2"),
              FIELD_NAMED(login_config, support, "kefu1"),
              FIELD_NAMED(login_config, app_id, "appId"),
              FIELD_NAMED(login_config, app_key, "appKey"));

struct login_club {
    int64_t id;
    struct str name;
    struct str desc;
    int64_t member;
    int64_t max_member;
};

static FIELDS(login_club, FIELD(login_club, id), FIELD(login_club, name),
              FIELD(login_club, desc), FIELD(login_club, member),
              FIELD_NAMED(login_club, max_member, "maxMember"));

struct login_answer {
    int code;
    struct str name;
    int64_t uid;
    struct str head_url;
    int64_t fangka;
    int sex;
    struct str ip;
    int port;
    struct str player_ip;
    struct login_config config;
    struct str_list messages;
    FIELDS_LIST(login_club) clubs;
    int debug;
    struct str token;
    int64_t expires;
};

FIELDS(login_answer, FIELD(login_answer, code), FIELD(login_answer, name),
       FIELD(login_answer, uid),
       FIELD_NAMED(login_answer, head_url, "headUrl"),
       FIELD(login_answer, fangka), FIELD(login_answer, sex),
       FIELD(login_answer, ip), FIELD(login_answer, port),
       FIELD_NAMED(login_answer, player_ip, "playerIp"),
       FIELD_OBJECT(login_answer, config, "config", login_config),
       FIELD(login_answer, messages),
       FIELD_OBJECTS(login_answer, clubs, "clubList", login_club),
       FIELD(login_answer, debug),
       FIELD_FLAGS(login_answer, token, "token", FIELD_SECRET),
       FIELD(login_answer, expires));

static struct login_config
config_of(const struct game_conf *game)
{
    const struct game_client *client = &game->client;

    return (struct login_config){
        .version = str_of(client->version),
        .android = str_of(client->android),
        .ios = str_of(client->ios),
        .heartbeat = (int64_t) game->limits.heartbeat_ms / 1000,
        .force_update = client->force_update,
        .title = str_of(client->share_title),
        .desc = str_of(client->share_desc),
        .agent1 = str_of(client->agent),
        .agent2 = str_of(client->agent),
        .support = str_of(client->support),
        .app_id = str_of(client->voice_appid),
        .app_key = str_of(client->voice_appkey),
    };
}

static struct str_list
messages_of(const struct game_conf *game, struct arena *arena)
{
    const char *const *text = game->client.messages;
    struct str_list list = {0};
    struct str *item;

    while (text[list.count] != NULL)
        list.count++;
    item = arena_alloc(arena, list.count * sizeof(*item));
    for (size_t i = 0; i < list.count; i++)
        item[i] = str_of(text[i]);
    list.item = item;
    return list;
}

/* The clubs whose member the player is; false when they cannot be read. */
static bool
put_clubs(struct login_answer *answer, struct env *store, uint64_t uid,
          struct arena *arena)
{
    uint64_t ids[STORE_CLUBS_MAX];
    struct store_club *rows = arena_alloc(arena,
                                          STORE_CLUBS_MAX * sizeof(*rows));
    int n = store_player_clubs(store, uid, ids, rows, STORE_CLUBS_MAX);
    struct login_club *clubs;

    if (n < 0)
        return false;
    clubs = arena_alloc(arena, (size_t) n * sizeof(*clubs));
    for (int i = 0; i < n; i++)
        clubs[i] = (struct login_club){
            .id = (int64_t) ids[i],
            .name = str_of(rows[i].name),
            .desc = str_of(rows[i].description),
            .member = rows[i].members,
            .max_member = rows[i].max_member,
        };
    answer->clubs.item = clubs;
    answer->clubs.count = (size_t) n;
    return true;
}

const struct login_answer *
login_answer_make(const struct login_answer_source *source, uint64_t uid,
                  const struct store_user *user, struct arena *arena)
{
    const struct game_conf *conf = source->conf;
    struct login_answer *answer = arena_zalloc(arena, sizeof(*answer));
    char *text = arena_alloc(arena, TOKEN_MAX);
    struct token token;

    *answer = (struct login_answer){
        .name = str_of(user->name),
        .uid = (int64_t) uid,
        .head_url = str_of(user->head_url),
        .fangka = user->cards,
        .sex = user->sex,
        .ip = str_of(conf->client.endpoint_host),
        .port = (int) conf->client.endpoint_port,
        .player_ip = str_of(source->peer),
        .config = config_of(conf),
        .messages = messages_of(conf, arena),
    };
    if (!put_clubs(answer, source->store, uid, arena) ||
        !token_policy_give(source->token_keys, uid, user,
                           conf->token_expires_ms, &token, text))
        return NULL;
    answer->token = str_of(text);
    answer->expires = token.expires;
    return answer;
}
