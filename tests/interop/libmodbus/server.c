/* A Modbus TCP server made of libmodbus, for the interoperation tests: prints its port, serves until its input ends.
 *
 * Every table has 200 places: input registers hold their address + 1000, discrete inputs are on at every third address,
 * holding registers and coils hold 0 at first. */

#include <errno.h>
#include <modbus.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>

#define PLACES 200

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, modbus_strerror(errno));
    exit(1);
}

/* Wait until a socket can be read; leave when whoever started this has gone. */
static void wait_for(int fd)
{
    struct pollfd both[] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
    if (poll(both, 2, -1) < 0 || both[1].revents)
        exit(0);
}

static int port_of(int listener)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;
    if (getsockname(listener, (struct sockaddr *) &address, &size) < 0)
        fail("getsockname");
    return ntohs(address.sin_port);
}

int main(void)
{
    uint8_t query[MODBUS_TCP_MAX_ADU_LENGTH];
    modbus_t *context = modbus_new_tcp("127.0.0.1", 0);
    modbus_mapping_t *tables = modbus_mapping_new(PLACES, PLACES, PLACES, PLACES);
    if (context == NULL || tables == NULL)
        fail("libmodbus");
    for (int place = 0; place < PLACES; place++) {
        tables->tab_input_registers[place] = place + 1000;
        tables->tab_input_bits[place] = place % 3 == 0;
    }
    int listener = modbus_tcp_listen(context, 1);
    if (listener < 0)
        fail("listen");
    printf("%d\n", port_of(listener));
    fflush(stdout);
    for (;;) {
        wait_for(listener);
        if (modbus_tcp_accept(context, &listener) < 0)
            fail("accept");
        for (;;) {
            wait_for(modbus_get_socket(context));
            int size = modbus_receive(context, query);
            if (size < 0 || (size > 0 && modbus_reply(context, query, size, tables) < 0))
                break;
        }
        modbus_close(context);
    }
}
