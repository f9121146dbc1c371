#include "apps/http/head_writer.h"

#include <charconv>

namespace pith {
namespace {

void append_number(std::string& out, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(std::begin(digits), std::end(digits), value).ptr;
  out.append(digits, end);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name);
  out.append(": ");
  out.append(value);
  out.append("\r\n");
}

/// Headers of the handler: a line break in one would start a header of somebody else's choosing.
bool is_writable(std::string_view name, std::string_view value) {
  if (name.empty() || value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return false;
  for (const char c : name) {
    if (!is_token_char(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

void append_added(std::string& out, const HeaderList& added) {
  for (const auto& [name, value] : added) {
    if (is_writable(name, value)) append_field(out, name, value);
  }
}

bool has_name(const HeaderList& list, std::string_view name) {
  for (const auto& [key, value] : list) {
    if (iequals(key, name)) return true;
  }
  return false;
}

bool has_name(const std::vector<std::string>& list, std::string_view name) {
  for (const std::string& key : list) {
    if (iequals(key, name)) return true;
  }
  return false;
}

void append_status_line(std::string& out, unsigned status, std::string_view reason) {
  out.append("HTTP/1.1 ");
  append_number(out, status);
  out.push_back(' ');
  out.append(reason);
  out.append("\r\n");
}

}  // namespace

void NominatedHeaders::add(std::string_view connection_value) {
  for_each_element(connection_value, [this](std::string_view name) {
    if (!iequals(name, "close") && !iequals(name, "keep-alive") && !iequals(name, "upgrade")) {
      names_.push_back(name);
    }
  });
}

bool NominatedHeaders::contains(std::string_view name) const {
  for (const std::string_view nominated : names_) {
    if (iequals(nominated, name)) return true;
  }
  return false;
}

void append_upstream_head(std::string& out, const UpstreamHeadParts& parts) {
  NominatedHeaders nominated;
  for (const auto& [name, value] : parts.head.headers) {
    if (name.size() == 10 && header_kind(name) == HeaderKind::kConnection) nominated.add(value);
  }
  out.append(parts.head.method);
  out.push_back(' ');
  out.append(parts.plan.target_prefix);
  out.append(parts.target);
  out.append(" HTTP/1.1\r\n");
  bool host_written = false;
  bool length_written = false;
  const auto append_length = [&](std::string_view name) {
    out.append(name);
    out.append(": ");
    append_number(out, *parts.body_length);
    out.append("\r\n");
    length_written = true;
  };
  for (const auto& [name, value] : parts.head.headers) {
    switch (header_kind(name)) {
      case HeaderKind::kHost:
        append_field(out, name, parts.plan.host_header);
        host_written = true;
        continue;
      case HeaderKind::kContentLength:
        if (parts.body_length) {
          append_length(name);
        } else {
          append_field(out, name, value);
        }
        continue;
      case HeaderKind::kTransferEncoding:
        if (!parts.body_length) append_field(out, name, "chunked");
        continue;
      case HeaderKind::kUpgrade:
        if (parts.upgrade) append_field(out, name, value);
        continue;
      case HeaderKind::kConnection:
        if (parts.upgrade && list_has(value, "upgrade")) append_field(out, name, "upgrade");
        continue;
      case HeaderKind::kPith:
        if (!parts.plan.keep_pith_headers) continue;
        break;
      case HeaderKind::kHopByHop:
      case HeaderKind::kExpect:
        continue;
      case HeaderKind::kVia:
      case HeaderKind::kOther:
        break;
    }
    if (nominated.contains(name) || has_name(parts.dropped, name)) continue;
    append_field(out, name, value);
  }
  if (!host_written) append_field(out, "host", parts.plan.host_header);
  if (parts.body_length && !length_written && *parts.body_length > 0)
    append_length("content-length");
  if (parts.plan.send_via) {
    out.append("via: 1.1 ");
    out.append(parts.via_token);
    out.append("\r\n");
  }
  if (parts.plan.via == UpstreamPlan::Via::kAbsoluteForm &&
      !parts.plan.proxy_authorization.empty()) {
    append_field(out, "proxy-authorization", parts.plan.proxy_authorization);
  }
  out.append("\r\n");
}

void append_client_head(std::string& out, const ClientHeadParts& parts) {
  NominatedHeaders nominated;
  for (const HeaderView& field : parts.head.headers) {
    if (field.kind == HeaderKind::kConnection) nominated.add(field.value);
  }
  append_status_line(out, parts.head.status, parts.head.reason);
  for (const HeaderView& field : parts.head.headers) {
    switch (field.kind) {
      case HeaderKind::kHopByHop:
        continue;
      case HeaderKind::kConnection:
        if (parts.upgrade) append_field(out, field.name, "upgrade");
        continue;
      case HeaderKind::kUpgrade:
        if (!parts.upgrade && parts.head.status != 426) continue;
        break;
      case HeaderKind::kTransferEncoding:
        if (!parts.drop_transfer_encoding) append_field(out, field.name, field.value);
        continue;
      case HeaderKind::kContentLength:
        if (!parts.drop_content_length) append_field(out, field.name, field.value);
        continue;
      default:
        break;
    }
    if (nominated.contains(field.name) || has_name(parts.added, field.name)) continue;
    append_field(out, field.name, field.value);
  }
  append_added(out, parts.added);
  if (parts.close) out.append("connection: close\r\n");
  if (parts.keep_alive_10) out.append("connection: keep-alive\r\n");
  out.append("\r\n");
}

void append_local_response(std::string& out, const LocalResponse& response, bool with_body,
                           bool close, bool keep_alive_10) {
  append_status_line(out, response.status, reason_phrase(response.status));
  const bool no_body = response.status == 204 || response.status == 304;
  if (!no_body) {
    if (is_writable("content-type", response.content_type)) {
      append_field(out, "content-type", response.content_type);
    }
    out.append("content-length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  append_added(out, response.headers);
  if (close) out.append("connection: close\r\n");
  if (keep_alive_10) out.append("connection: keep-alive\r\n");
  out.append("\r\n");
  if (with_body && !no_body) out.append(response.body);
}

std::string_view reason_phrase(unsigned status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    case 508:
      return "Loop Detected";
    default:
      return "";
  }
}

}  // namespace pith
