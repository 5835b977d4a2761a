#include "http/http_operator.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/secret.h"
#include "http/http_conf.h"
#include "http/http_parse.h"

const char *
http_operator_set(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_settings *settings = obj;
    const char *name = node->argv[1];

    settings->operators = NULL;
    if (strcmp(name, "off") == 0)
        return NULL;
    if (conf_value(name, "file") != NULL)
        return "names the file without \"file=\", and each of its lines must "
               "be \"NAME read|write TOKEN\"";
    settings->operators = arena_zalloc(cf->arena,
                                       sizeof(*settings->operators));
    settings->operators->path = conf_path_prefix(cf, name);
    return conf_path_reason(name);
}

/* ---- the file ---- */

/* 1 to max visible characters of ASCII. */
static bool
is_word(const char *text, size_t max)
{
    size_t len = text != NULL ? strlen(text) : 0;

    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return len >= 1 && len <= max;
}

/* Takes the line apart. */
static bool
parse_line(struct http_operators *operators, char *line)
{
    static const char blanks[] = " \t\n";
    char *rest;
    const char *name = strtok_r(line, blanks, &rest);
    const char *role = strtok_r(NULL, blanks, &rest);
    const char *token = strtok_r(NULL, blanks, &rest);
    unsigned i = operators->count;

    if (i == OPERATORS_MAX || !is_word(name, OPERATOR_NAME_MAX) ||
        role == NULL || !is_word(token, OPERATOR_TOKEN_MAX) ||
        strtok_r(NULL, blanks, &rest) != NULL)
        return false;
    operators->list[i].writes = strcmp(role, "write") == 0;
    if (!operators->list[i].writes && strcmp(role, "read") != 0)
        return false;
    SHA256((const unsigned char *) token, strlen(token),
           operators->list[i].digest);
    operators->count++;
    return true;
}

int
http_operators_load(struct http_operators *operators, struct log *log)
{
    const char *path = operators->path;
    char line[512]; /* a good one is shorter */
    FILE *f = secret_file_open(path, "operator token", "operator write", log);
    unsigned number = 0;

    if (f == NULL)
        return -1;
    operators->count = 0;
    while (fgets(line, sizeof(line), f) != NULL) {
        number++;
        if (line[0] == '#' || line[0] == '\n' || parse_line(operators, line))
            continue;
        log_write(log, LOG_EMERG, 0,
                  "\"%s\": line %u is not \"NAME read|write TOKEN\" with a "
                  "token of 1 to %d visible characters, or behind %d others",
                  path, number, OPERATOR_TOKEN_MAX, OPERATORS_MAX);
        number = 0;
        break;
    }
    OPENSSL_cleanse(line, sizeof(line));
    fclose(f);
    if (number != 0 && operators->count != 0)
        return 0;
    if (operators->count == 0)
        log_write(log, LOG_EMERG, 0, "no operator token in \"%s\"", path);
    return -1;
}

/* ---- requests ---- */

enum http_operator_role
http_operator_role(const struct http_operators *operators,
                   const struct http_request *rq)
{
    struct str token = http_bearer(rq);
    enum http_operator_role role = OPERATOR_NOBODY;
    uint8_t digest[OPERATOR_DIGEST];

    if (token.len == 0)
        return OPERATOR_NOBODY;
    SHA256((const unsigned char *) token.data, token.len, digest);
    for (unsigned i = 0; i < operators->count; i++)
        if (CRYPTO_memcmp(digest, operators->list[i].digest, sizeof(digest)) ==
            0)
            role = operators->list[i].writes ? OPERATOR_WRITES
                                             : OPERATOR_READS;
    return role;
}
