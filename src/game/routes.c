#include "game/routes.h"

#include <stdio.h>
#include <string.h>

#include "core/mem.h"
#include "game/component.h"

static uint32_t
hash(struct str name)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (uint8_t) name.data[i]) * 16777619u;
    return h ^ h >> 15;
}

/* Where the route of this name is, or would be. */
static struct route *
place_of(struct routes *routes, struct str name)
{
    for (uint32_t i = hash(name);; i++) {
        struct route *r = &routes->route[i & (ROUTES_SIZE - 1)];

        if (r->name.len == 0 || str_equal(r->name, name))
            return r;
    }
}

bool
routes_add(struct routes *routes, const char *component,
           const struct handler *handler, struct component_instance *instance)
{
    size_t size = strlen(component) + strlen(handler->method) + 2;
    char *name;

    if (routes->count == ROUTES_MAX)
        return false;
    name = mem_alloc(size);
    snprintf(name, size, "%s.%s", component, handler->method);
    *place_of(routes, str_of(name)) = (struct route){str_of(name), handler,
                                                     instance};
    routes->count++;
    return true;
}

const struct route *
routes_find(struct routes *routes, struct str name)
{
    const struct route *r = routes->last;

    if (r != NULL && str_equal(r->name, name))
        return r;
    r = place_of(routes, name);
    if (r->name.len == 0)
        return NULL;
    routes->last = r;
    return r;
}

void
routes_deinit(struct routes *routes)
{
    for (unsigned i = 0; i < ROUTES_SIZE; i++)
        mem_free((void *) (uintptr_t) routes->route[i].name.data);
}
