#include "apps/http/framing.h"

namespace pith {
namespace {

/// Digits only, at most 18 of them, so that it cannot overflow.
bool parse_length(std::string_view text, std::uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

FramingOrProblem framing_of_fields(const ParsedHead& head, BodyFraming::Kind without) {
  unsigned num_lengths = 0;
  unsigned num_codings = 0;
  FramingOrProblem out;
  out.framing.kind = without;
  for (const HeaderView& field : head.headers) {
    if (field.kind == HeaderKind::kContentLength) {
      if (++num_lengths > 1) return {{}, "content-length given twice"};
      if (!parse_length(field.value, out.framing.length))
        return {{}, "content-length is not a number"};
    } else if (field.kind == HeaderKind::kTransferEncoding) {
      if (++num_codings > 1) return {{}, "transfer-encoding given twice"};
      if (!iequals(field.value, "chunked")) return {{}, "transfer-encoding is not chunked"};
      if (head.version == 10) return {{}, "transfer-encoding in HTTP/1.0"};
    }
  }
  if (num_lengths > 0 && num_codings > 0) return {{}, "content-length with transfer-encoding"};
  if (num_codings > 0) out.framing.kind = BodyFraming::Kind::kChunked;
  if (num_lengths > 0) out.framing.kind = BodyFraming::Kind::kLength;
  return out;
}

bool bad_host(std::string_view host) {
  return host.find_first_of(" \t/\\?#@,") != std::string_view::npos;
}

}  // namespace

FramingOrProblem request_framing(const ParsedHead& head) {
  unsigned num_hosts = 0;
  for (const HeaderView& field : head.headers) {
    if (field.kind != HeaderKind::kHost) continue;
    if (++num_hosts > 1) return {{}, "Host given twice"};
    if (bad_host(field.value)) return {{}, "Host is not a host"};
  }
  if (num_hosts == 0 && head.version == 11) return {{}, "Host is missing"};
  return framing_of_fields(head, BodyFraming::Kind::kNone);
}

FramingOrProblem response_framing(const ParsedHead& head, bool to_head) {
  FramingOrProblem out = framing_of_fields(head, BodyFraming::Kind::kUntilClose);
  if (out.problem == nullptr &&
      (to_head || head.status == 204 || head.status == 304 || head.status < 200)) {
    out.framing = BodyFraming{};
  }
  return out;
}

bool keeps_alive(const ParsedHead& head) {
  bool close = false;
  bool keep = false;
  for (const HeaderView& field : head.headers) {
    if (field.kind != HeaderKind::kConnection) continue;
    close = close || list_has(field.value, "close");
    keep = keep || list_has(field.value, "keep-alive");
  }
  return !close && (head.version == 11 || keep);
}

}  // namespace pith
