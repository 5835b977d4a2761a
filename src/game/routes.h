/*
 * The routes that a worker answers: a hash table of "Component.Method".
 */
#ifndef GAME_ROUTES_H
#define GAME_ROUTES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/str.h"

struct handler;
struct component_instance;

enum {
    ROUTES_SIZE = 256,            /* places in the table: a power of two */
    ROUTES_MAX = ROUTES_SIZE / 2, /* so that a search ends soon */
};

struct route {
    struct str name; /* "Manager.Login"; empty: free */
    const struct handler *handler;
    struct component_instance *instance;
};

struct routes {
    struct route route[ROUTES_SIZE];
    unsigned count;
    const struct route *last; /* the one found last */
};

/*
 * Adds a route of the component of this name; false when there are too many.
 * The handler and the instance must outlive the table.
 */
bool routes_add(struct routes *routes, const char *component,
                const struct handler *handler,
                struct component_instance *instance);

/* NULL if there is no such route. */
const struct route *routes_find(struct routes *routes, struct str name);

void routes_deinit(struct routes *routes);

#endif
