#include "bench/endpoint.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>

#include "bench/scan.h"

static int
address_resolve(struct endpoint *to, const char *target)
{
    char host[80];
    const char *colon = strrchr(target, ':');
    size_t len = colon != NULL ? (size_t) (colon - target) : 0;

    if (len > 1 && target[0] == '[' && target[len - 1] == ']') {
        target++;
        len -= 2;
    }
    if (len == 0 || len >= sizeof host)
        return EAI_NONAME;
    memcpy(host, target, len);
    host[len] = '\0';

    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    int rc = getaddrinfo(host, colon + 1, &hints, &list);
    if (rc != 0)
        return rc;
    memcpy(&to->addr, list->ai_addr, list->ai_addrlen);
    to->len = list->ai_addrlen;
    freeaddrinfo(list);
    return 0;
}

int
endpoint_init(struct endpoint *to, const char *target, bool tls)
{
    memset(to, 0, sizeof *to);
    snprintf(to->text, sizeof to->text, "%s", target);
    int rc = address_resolve(to, target);
    if (rc != 0) {
        fprintf(stderr, "sparrow-bench: \"%s\" is no HOST:PORT: %s\n", target,
                gai_strerror(rc));
        return -1;
    }
    if (!tls)
        return 0;

    /* The certificate is not checked: this measures, it does not trust. */
    to->ssl = SSL_CTX_new(TLS_client_method());
    if (to->ssl == NULL) {
        fprintf(stderr, "sparrow-bench: OpenSSL gives no context\n");
        return -1;
    }
    SSL_CTX_set_mode(to->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE |
                                  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(to->ssl, SSL_SESS_CACHE_OFF);
    return 0;
}

void
endpoint_deinit(struct endpoint *to)
{
    SSL_CTX_free(to->ssl);
    to->ssl = NULL;
}

const struct endpoint *
endpoints_get(struct endpoints *all, const char *fixed, bool tls,
              struct str answer)
{
    struct str ip;
    int64_t port;
    char text[96];

    if (fixed != NULL) {
        snprintf(text, sizeof text, "%s", fixed);
    } else {
        if (!scan_field(answer, "ip", &ip) || ip.len > 80 ||
            !scan_number(answer, "port", &port))
            return NULL;
        snprintf(text, sizeof text, "%.*s:%d", (int) ip.len, ip.data,
                 (int) port);
    }
    for (unsigned i = 0; i < all->n; i++) {
        if (strcmp(all->list[i].text, text) == 0)
            return &all->list[i];
    }
    if (all->n == ENDPOINTS ||
        endpoint_init(&all->list[all->n], text, tls) == -1)
        return NULL;
    return &all->list[all->n++];
}

void
endpoints_deinit(struct endpoints *all)
{
    while (all->n > 0)
        endpoint_deinit(&all->list[--all->n]);
}
