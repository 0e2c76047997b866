// An HTTP server that grows with the stages: at LEVEL n it can do what stages 1 to n ask, and no more.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { LEVEL = 14 };

// ---- Bytes ----

struct bytes {
    char *data;
    size_t length, capacity;
};

static void add(struct bytes *bytes, const void *more, size_t length) {
    if (length > bytes->capacity - bytes->length) {
        bytes->capacity = 2 * bytes->capacity + length;
        bytes->data = realloc(bytes->data, bytes->capacity);
        if (bytes->data == NULL) {
            perror("realloc");
            exit(1);
        }
    }
    if (length > 0)
        memcpy(bytes->data + bytes->length, more, length);
    bytes->length += length;
}

static void add_text(struct bytes *bytes, const char *text) {
    add(bytes, text, strlen(text));
}

static void remove_front(struct bytes *bytes, size_t length) {
    bytes->length -= length;
    memmove(bytes->data, bytes->data + length, bytes->length);
}

// Reads some more; false if the client has left.
static bool read_more(int connection, struct bytes *bytes) {
    char piece[16384];
    ssize_t length = read(connection, piece, sizeof piece);
    if (length <= 0)
        return false;
    add(bytes, piece, (size_t)length);
    return true;
}

// False if the client has left.
static bool write_all(int connection, const struct bytes *bytes) {
    for (size_t done = 0; done < bytes->length;) {
        ssize_t length = write(connection, bytes->data + done, bytes->length - done);
        if (length <= 0)
            return false;
        done += (size_t)length;
    }
    return true;
}

// ---- Requests ----

struct request {
    char *head;  // Without the empty line, as a string.
    char *method, *path;
    struct bytes body;
};

// The value of a field, newly allocated; empty if there is none.
static char *field(const struct request *request, const char *name) {
    size_t length = strlen(name);
    const char *line = strstr(request->head, "\r\n");
    for (; line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, length) != 0 || line[length] != ':')
            continue;
        line += length + 1;
        line += strspn(line, " \t");
        size_t end = strcspn(line, "\r");
        while (end > 0 && strchr(" \t", line[end - 1]) != NULL)
            end--;
        return strndup(line, end);
    }
    return strdup("");
}

// Takes method and path from the request line, which must have three parts.
static bool parse_request_line(struct request *request) {
    char version[2];
    char *line = strndup(request->head, strcspn(request->head, "\r"));
    int parts = sscanf(line, "%ms %ms %1s", &request->method, &request->path, version);
    free(line);
    return parts == 3;
}

enum next { REQUEST, NONSENSE, NOTHING };

// Takes a request from the front of the buffer, and reads more as needed.
static enum next read_request(int connection, struct bytes *buffer, struct request *request) {
    char *end = NULL;
    while (buffer->length == 0 || (end = memmem(buffer->data, buffer->length, "\r\n\r\n", 4)) == NULL) {
        if (!read_more(connection, buffer))
            return NOTHING;
    }
    request->head = strndup(buffer->data, (size_t)(end - buffer->data));
    remove_front(buffer, (size_t)(end - buffer->data) + 4);
    if (!parse_request_line(request))
        return NONSENSE;

    if (LEVEL >= 8) {
        char *value = field(request, "Content-Length");
        size_t length = strtoull(value, NULL, 10);
        free(value);
        while (buffer->length < length) {
            if (!read_more(connection, buffer))
                return NOTHING;
        }
        add(&request->body, buffer->data, length);
        if (length > 0)
            remove_front(buffer, length);
    }
    return REQUEST;
}

static void free_request(struct request *request) {
    free(request->head);
    free(request->method);
    free(request->path);
    free(request->body.data);
}

// Decodes in place. A percent sign that no two hexadecimal digits follow stays as it is.
static size_t percent_decode(char *text) {
    char *out = text;
    for (char *in = text; *in != '\0'; in++) {
        unsigned byte;
        if (*in == '%' && strspn(in + 1, "0123456789abcdefABCDEF") >= 2 && sscanf(in + 1, "%2x", &byte) == 1) {
            *out++ = (char)byte;
            in += 2;
        } else {
            *out++ = *in;
        }
    }
    return (size_t)(out - text);
}

// ---- gzip ----

// The check sum of gzip (RFC 1952 section 8), bit by bit.
static uint32_t crc32(const struct bytes *bytes) {
    uint32_t sum = 0xffffffff;
    for (size_t i = 0; i < bytes->length; i++) {
        sum ^= (unsigned char)bytes->data[i];
        for (int bit = 0; bit < 8; bit++)
            sum = sum & 1 ? sum >> 1 ^ 0xedb88320 : sum >> 1;
    }
    return ~sum;
}

static void add_little_endian(struct bytes *bytes, uint32_t number, int length) {
    for (int i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)(number >> (8 * i));
        add(bytes, &byte, 1);
    }
}

// A gzip file (RFC 1952) whose blocks are stored as they are (RFC 1951 section 3.2.4): no shorter, but right.
static struct bytes gzip(const struct bytes *text) {
    struct bytes out = {0};
    add(&out, "\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
    size_t done = 0;
    do {
        size_t left = text->length - done;
        uint32_t length = left < 0xffff ? (uint32_t)left : 0xffff;
        add_little_endian(&out, length == left, 1);
        add_little_endian(&out, length, 2);
        add_little_endian(&out, ~length, 2);
        if (length > 0)
            add(&out, text->data + done, length);
        done += length;
    } while (done < text->length);
    add_little_endian(&out, crc32(text), 4);
    add_little_endian(&out, (uint32_t)text->length, 4);
    return out;
}

static bool wants_gzip(char *accepted) {
    if (LEVEL < 10)
        return strcmp(accepted, "gzip") == 0;
    char *rest;
    for (char *member = strtok_r(accepted, ",", &rest); member != NULL; member = strtok_r(NULL, ",", &rest)) {
        char *parts;
        char *coding = strtok_r(member, "; \t", &parts);
        if (coding == NULL || strcasecmp(coding, "gzip") != 0)
            continue;
        char *weight = strtok_r(NULL, "; \t", &parts);
        return weight == NULL || strncasecmp(weight, "q=", 2) != 0 || strtod(weight + 2, NULL) > 0;
    }
    return false;
}

// ---- Responses ----

struct response {
    const char *status;
    const char *type;      // NULL: the field is left out.
    const char *encoding;  // So here.
    struct bytes body;
};

static void echo(const struct request *request, struct response *response) {
    char *text = strdup(request->path + strlen("/echo/"));
    size_t length = percent_decode(text);
    add(&response->body, text, length);
    free(text);
    response->status = "200 OK";
    response->type = "text/plain";

    char *accepted = field(request, "Accept-Encoding");
    if (LEVEL >= 9 && wants_gzip(accepted)) {
        response->encoding = "gzip";
        if (LEVEL >= 11) {
            struct bytes zipped = gzip(&response->body);
            free(response->body.data);
            response->body = zipped;
        }
    }
    free(accepted);
}

static void read_file(const char *path, struct response *response) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return;
    char piece[16384];
    size_t length;
    while ((length = fread(piece, 1, sizeof piece, file)) > 0)
        add(&response->body, piece, length);
    // A folder can be opened, but not read.
    if (!ferror(file)) {
        response->status = "200 OK";
        response->type = "application/octet-stream";
    }
    fclose(file);
}

static void write_file(const char *path, const struct bytes *body, struct response *response) {
    response->status = "500 Internal Server Error";
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return;
    bool whole = body->length == 0 || fwrite(body->data, body->length, 1, file) == 1;
    if (fclose(file) == 0 && whole)
        response->status = "201 Created";
}

// The argument after --directory.
static const char *directory = ".";

static void files(const struct request *request, struct response *response) {
    char *name = strdup(request->path + strlen("/files/"));
    name[percent_decode(name)] = '\0';
    // A name, not a way out of the directory.
    if (*name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && strchr(name, '/') == NULL) {
        char *path;
        if (asprintf(&path, "%s/%s", directory, name) >= 0) {
            if (strcmp(request->method, "GET") == 0)
                read_file(path, response);
            else if (LEVEL >= 8 && strcmp(request->method, "POST") == 0)
                write_file(path, &request->body, response);
            free(path);
        }
    }
    free(name);
}

static bool begins_with(const char *text, const char *beginning) {
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

// Fills in what is not "404 Not Found".
static void respond(const struct request *request, struct response *response) {
    if (strcmp(request->path, "/") == 0) {
        response->status = "200 OK";
    } else if (LEVEL >= 4 && begins_with(request->path, "/echo/")) {
        echo(request, response);
    } else if (LEVEL >= 5 && strcmp(request->path, "/user-agent") == 0) {
        char *agent = field(request, "User-Agent");
        add_text(&response->body, agent);
        free(agent);
        response->status = "200 OK";
        response->type = "text/plain";
    } else if (LEVEL >= 7 && begins_with(request->path, "/files/")) {
        files(request, response);
    }
}

// False if the client has left.
static bool send_response(int connection, const struct response *response, bool last) {
    struct bytes out = {0};
    char length[32];
    snprintf(length, sizeof length, "%zu", response->body.length);
    add_text(&out, "HTTP/1.1 ");
    add_text(&out, response->status);
    if (response->type != NULL) {
        add_text(&out, "\r\nContent-Type: ");
        add_text(&out, response->type);
    }
    if (response->encoding != NULL) {
        add_text(&out, "\r\nContent-Encoding: ");
        add_text(&out, response->encoding);
    }
    if (last)
        add_text(&out, "\r\nConnection: close");
    add_text(&out, "\r\nContent-Length: ");
    add_text(&out, length);
    add_text(&out, "\r\n\r\n");
    add(&out, response->body.data, response->body.length);
    bool sent = write_all(connection, &out);
    free(out.data);
    return sent;
}

// ---- Connections ----

// At level 12 one connection at a time is kept for further requests; from 13 on, every one.
static pthread_mutex_t the_one_that_is_kept = PTHREAD_MUTEX_INITIALIZER;

// Answers requests until one of the two has had enough.
static void converse(int connection) {
    struct bytes buffer = {0};
    bool kept = LEVEL >= 13;
    bool go_on = true;
    while (go_on) {
        struct request request = {0};
        struct response response = {.status = "404 Not Found"};
        bool last = false;
        enum next next = read_request(connection, &buffer, &request);
        if (next == REQUEST) {
            respond(&request, &response);
            char *option = field(&request, "Connection");
            last = LEVEL >= 14 && strcasecmp(option, "close") == 0;
            free(option);
        } else if (next == NONSENSE) {
            response.status = "400 Bad Request";
        }
        bool sent = next != NOTHING && send_response(connection, &response, last);
        if (LEVEL == 12 && sent && !kept)
            kept = pthread_mutex_trylock(&the_one_that_is_kept) == 0;
        go_on = next == REQUEST && sent && kept && !last;
        free_request(&request);
        free(response.body.data);
    }
    if (LEVEL == 12 && kept)
        pthread_mutex_unlock(&the_one_that_is_kept);
    free(buffer.data);
}

// Reads something, whatever it is, and answers.
static void speak(int connection) {
    struct bytes request = {0};
    struct response response = {.status = "200 OK"};
    if (read_more(connection, &request))
        send_response(connection, &response, false);
    free(request.data);
}

// Waits until the client has read everything: what it still sends would make a reset of a close.
static void hang_up(int connection) {
    struct timeval second = {.tv_sec = 1};
    char rest[4096];
    shutdown(connection, SHUT_WR);
    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    while (read(connection, rest, sizeof rest) > 0) {
    }
}

static void *serve(void *argument) {
    int connection = (int)(intptr_t)argument;
    if (LEVEL == 2)
        speak(connection);
    if (LEVEL >= 3) {
        converse(connection);
        hang_up(connection);
    }
    close(connection);
    return NULL;
}

int main(int argc, char *argv[]) {
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], "--directory") == 0)
            directory = argv[i + 1];
    }
    // A client that leaves while it is written to is an error of write, not the end of everything.
    signal(SIGPIPE, SIG_IGN);

    int listener = socket(AF_INET, SOCK_STREAM, 0);
    int on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(4221),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 128) < 0) {
        perror("port 4221");
        return 1;
    }
    for (;;) {
        int connection = accept(listener, NULL, NULL);
        if (connection < 0)
            continue;
        pthread_t thread;
        if (LEVEL < 6) {
            serve((void *)(intptr_t)connection);
        } else if (pthread_create(&thread, NULL, serve, (void *)(intptr_t)connection) == 0) {
            pthread_detach(thread);
        } else {
            close(connection);
        }
    }
}
