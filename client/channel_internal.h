/* The state of a call, shared by channel.c (curl) and channel_status.c (what the end means). */
#pragma once

#include "base/str.h"
#include "client/channel.h"
#include "wire/frame.h"
#include "wire/status.h"

#include <curl/curl.h>
#include <stdbool.h>

struct channel_message {
    struct channel_message *next;
    size_t len;
    uint8_t data[];
};

struct channel {
    CURLM *multi;
    char *url; /* "https://host:port" */
    char *unix_path; /* or NULL */
    char *ca_file, *certificate_file, *key_file; /* or NULL */
    char *authorization; /* the header's line, or NULL */
    bool is_cleartext;
};

struct channel_call {
    struct channel *channel;
    CURL *easy;
    struct curl_slist *headers;
    struct str out; /* framed bytes; those before out_sent are sent */
    size_t out_sent;
    struct frame_parser parser;
    struct channel_message *first, **last; /* received and not yet asked for */
    struct channel_message *current; /* lent to the caller */
    struct err receive_err; /* code 0 unless the bytes received made no sense */
    bool is_done; /* curl has ended the transfer */
    CURLcode result;
    char curl_message[CURL_ERROR_SIZE];
    int http_status;
    bool is_grpc, has_status;
    enum grpc_status status;
    struct str message; /* grpc-message, decoded */
    struct str details; /* grpc-status-details-bin, decoded */
    int64_t retry_usec;
    int64_t timeout_usec;
};

/* Take one header or trailer line as curl delivers it. */
void channel_take_header(struct channel_call *call, const char *line, size_t n);

/* Turn the end of @call into CHANNEL_END or an error. */
int channel_finish(struct channel_call *call, struct err *err) _must_check_;
