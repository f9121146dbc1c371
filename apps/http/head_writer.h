// Writes heads from parsed parts: never from received bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "apps/http/edge.h"
#include "apps/http/framing.h"
#include "apps/http/upstream_plan.h"

namespace pith {

/// Names of headers that the Connection headers nominate as hop-by-hop.
class NominatedHeaders {
 public:
  void add(std::string_view connection_value);
  bool contains(std::string_view name) const;

 private:
  std::vector<std::string_view> names_;
};

struct UpstreamHeadParts {
  const RequestHead& head;
  const UpstreamPlan& plan;
  std::string_view target;                   ///< After routing, without the upstream's prefix.
  std::optional<std::uint64_t> body_length;  ///< Set anew; nullopt: the framing stays as received.
  const std::vector<std::string>& dropped;   ///< Names that the handler drops.
  bool upgrade = false;                      ///< Keep connection: upgrade.
  std::string_view via_token;                ///< With plan.send_via.
};
/// Header order and spelling as received; host set anew in its place; hop-by-hop and x-pith-*
/// headers left out.
void append_upstream_head(std::string& out, const UpstreamHeadParts& parts);

struct ClientHeadParts {
  const ParsedHead& head;
  const HeaderList& added;              ///< Replaces the upstream's headers of the same names.
  bool drop_transfer_encoding = false;  ///< The body goes out decoded.
  bool drop_content_length = false;
  bool close = false;          ///< Adds connection: close.
  bool keep_alive_10 = false;  ///< Adds connection: keep-alive, for HTTP/1.0.
  bool upgrade = false;        ///< 101: connection and upgrade stay.
};
void append_client_head(std::string& out, const ClientHeadParts& parts);

/// A whole answer of the edge's own. `with_body` false for HEAD.
void append_local_response(std::string& out, const LocalResponse& response, bool with_body,
                           bool close, bool keep_alive_10);

/// Standard reason phrase; "" when there is none.
std::string_view reason_phrase(unsigned status);

}  // namespace pith
