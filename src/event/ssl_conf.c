#include "event/ssl_conf.h"

#include <string.h>
#include <sys/stat.h>

static const char *
set_certificate(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct ssl_conf *ssl = obj;

    ssl->tls.certificate = conf_path_conf(cf, node->argv[1]);
    return conf_path_reason(node->argv[1]);
}

static const char *
set_certificate_key(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct ssl_conf *ssl = obj;

    ssl->tls.certificate_key = conf_path_conf(cf, node->argv[1]);
    return conf_path_reason(node->argv[1]);
}

static const char *
set_protocols(struct conf *cf, const struct conf_node *node, void *obj)
{
    struct ssl_conf *ssl = obj;

    (void) cf;
    ssl->tls.protocols = 0;
    for (unsigned i = 1; i < node->argc; i++) {
        if (strcmp(node->argv[i], "TLSv1.2") == 0)
            ssl->tls.protocols |= TLS_PROTOCOL_1_2;
        else if (strcmp(node->argv[i], "TLSv1.3") == 0)
            ssl->tls.protocols |= TLS_PROTOCOL_1_3;
        else
            return "must be TLSv1.2, TLSv1.3 or both";
    }
    return NULL;
}

static const struct conf_directive directives[] = {
    CONF_CUSTOM("ssl_certificate", set_certificate, 1, 1, 0),
    CONF_CUSTOM("ssl_certificate_key", set_certificate_key, 1, 1, 0),
    CONF_CUSTOM("ssl_protocols", set_protocols, 1, 2, 0),
    CONF_STR("ssl_ciphers", struct ssl_conf, tls.ciphers),
    CONF_FLAG("ssl_prefer_server_ciphers", struct ssl_conf,
              tls.prefer_server_ciphers),
    CONF_FLAG("ssl_session_tickets", struct ssl_conf, tls.session_tickets),
    CONF_MSEC("ssl_session_timeout", struct ssl_conf, tls.session_timeout_ms,
              CONF_S(1), CONF_D(7)),
    CONF_SIZE("ssl_buffer_size", struct ssl_conf, tls.buffer_size, 512,
              CONF_KB(16)),
    CONF_END,
};

const struct conf_context ssl_context = {"game server, http server",
                                         directives};

/* The ciphers are Mozilla's intermediate set, of version 5.7. */
void
ssl_conf_init(struct ssl_conf *ssl)
{
    *ssl = (struct ssl_conf){
        .tls = {.protocols = TLS_PROTOCOL_1_2 | TLS_PROTOCOL_1_3,
                .ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20:"
                           "DHE+AESGCM:DHE+CHACHA20:!aDSS",
                .prefer_server_ciphers = true,
                .session_tickets = true,
                .session_timeout_ms = CONF_H(24),
                .buffer_size = CONF_KB(16)}};
}

int
ssl_conf_check(struct conf *cf, const struct conf_node *node,
               const struct ssl_conf *ssl)
{
    struct stat st;

    if (ssl->tls.certificate == NULL)
        return conf_error(cf, node,
                          "\"listen ... ssl\" needs "
                          "\"ssl_certificate\"");
    if (ssl->tls.certificate_key == NULL)
        return conf_error(cf, node,
                          "\"listen ... ssl\" needs "
                          "\"ssl_certificate_key\"");
    if (stat(ssl->tls.certificate_key, &st) == 0 &&
        (st.st_mode & (S_IRGRP | S_IROTH)) != 0)
        conf_warn(cf, node, "the key \"%s\" can be read by others",
                  ssl->tls.certificate_key);
    return 0;
}
