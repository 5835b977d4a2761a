/*
 * The client of t/tls_abuse.t that shakes hands, with TLS 1.3 and as a game
 * client, then asks for new keys again and again and never reads an answer.
 * Says "full" when its socket takes no more, then waits for its death.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* The packets HANDSHAKE and HANDSHAKE_ACK: the daemon waits for them ten
 * seconds, and a busy machine needs longer to fill a socket. */
static const char shake[] = "\1\0\0\2{}\2\0\0\0";

/* Is there room in the socket within half a second? */
static int
has_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    return poll(&p, 1, 500) > 0;
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0), size = 4096;
    SSL *ssl = SSL_new(SSL_CTX_new(TLS_client_method()));

    if (argc != 2)
        return 1;
    to.sin_port = htons((uint16_t) atoi(argv[1]));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    if (connect(fd, (struct sockaddr *) &to, sizeof(to)) != 0) {
        perror("connect");
        return 1;
    }
    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) != 1 || SSL_write(ssl, shake, sizeof(shake) - 1) <= 0)
        return 1;
    while (has_room(fd)) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED);
        SSL_do_handshake(ssl);
    }
    puts("full");
    fflush(stdout);
    for (;;)
        pause();
}
