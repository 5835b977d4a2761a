#include "game/fields.h"
#include "game/game_conf.h"
#include "game/json.h"
#include "http/modules/modules.h"

struct version_answer {
    struct str version;
    struct str android;
    struct str ios;
};

static FIELDS(version_answer, FIELD(version_answer, version),
              FIELD(version_answer, android), FIELD(version_answer, ios));

/* The newest client, and where it is found. */
static void
version(struct http_exchange *x)
{
    const struct game_client *client = &x->http->game_conf->client;
    const struct version_answer answer = {
        .version = str_of(client->version),
        .android = str_of(client->android),
        .ios = str_of(client->ios),
    };

    http_answer_object(x, &version_answer_fields, &answer);
}

const struct http_endpoint version_endpoint = {
    .name = "version",
    .methods = METHOD_GET,
    .handle = version,
};
