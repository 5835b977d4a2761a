#include "http/http_operator.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include "core/arena.h"
#include "http/http_conf.h"
#include "http/http_parse.h"

/* The token without the newline: visible ASCII.  Its length, or 0. */
static size_t
token_length(const char *text, size_t len)
{
    if (len != 0 && text[len - 1] == '\n')
        len--;
    for (size_t i = 0; i < len; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return 0;
    return len <= OPERATOR_TOKEN_MAX ? len : 0;
}

static const char *
read_token(struct conf *cf, const struct conf_node *node, const char *path,
           struct http_operator *op)
{
    char text[OPERATOR_TOKEN_MAX + 2]; /* a newline, and one too many */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat st;
    ssize_t n = -1;
    size_t len;

    if (fd >= 0 && fstat(fd, &st) == 0)
        n = read(fd, text, sizeof(text));
    if (n < 0) {
        const char *why = conf_reason(cf, "cannot read \"%s\": %s", path,
                                      strerror(errno));

        if (fd >= 0)
            close(fd);
        return why;
    }
    close(fd);
    len = token_length(text, (size_t) n);
    if (len != 0)
        SHA256((const unsigned char *) text, len, op->digest);
    OPENSSL_cleanse(text, sizeof(text));
    if (len == 0)
        return conf_reason(cf,
                           "must have a file with a token of 1 to %d visible "
                           "characters, unlike \"%s\"",
                           OPERATOR_TOKEN_MAX, path);
    if ((st.st_mode & 077) != 0)
        conf_warn(cf, node, "the token in \"%s\" can be read by others", path);
    return NULL;
}

const char *
http_operator_set(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct http_settings *settings = obj;
    struct http_operator *op = arena_zalloc(cf->arena, sizeof(*op));
    const char *name = conf_value(node->argv[1], "file");

    settings->token = NULL;
    if (strcmp(node->argv[1], "off") == 0)
        return NULL;
    if (name == NULL || *name == '\0')
        return "must be \"off\" or \"file=NAME\"";
    settings->token = op;
    return read_token(cf, node, conf_path_conf(cf, name), op);
}

bool
http_operator_allows(const struct http_operator *op,
                     const struct http_request *rq)
{
    static const struct str scheme = STR_INIT("Bearer ");
    const struct str *h = http_header_find(rq, STR("authorization"));
    uint8_t digest[OPERATOR_DIGEST];

    if (h == NULL || h->len <= scheme.len ||
        !str_equal_nocase((struct str){h->data, scheme.len}, scheme))
        return false;
    SHA256((const unsigned char *) h->data + scheme.len, h->len - scheme.len,
           digest);
    return CRYPTO_memcmp(digest, op->digest, sizeof(digest)) == 0;
}
