/*
 * CRC32C (Castagnoli; RFC 3720, B.4): the checksum of what is kept on a disk
 * or in shared memory.  It tells every change of up to three bits in 256 MB,
 * and every one within 32 bits that lie side by side.
 */
#ifndef CORE_CRC32C_H
#define CORE_CRC32C_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Goes on from the sum of what is before data; 0 at the beginning. */
uint32_t crc32c(uint32_t sum, const void *data, size_t len);

/*
 * The two ways of it, for their test: by tables, and by the instruction of the
 * processor, which may only be called where there is one.
 */
uint32_t crc32c_tables(uint32_t sum, const void *data, size_t len);
uint32_t crc32c_instruction(uint32_t sum, const void *data, size_t len);
bool crc32c_has_instruction(void);

#endif
