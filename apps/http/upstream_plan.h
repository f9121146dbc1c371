// How an upstream is reached: straight, through a CONNECT tunnel, or by absolute-form requests to a
// proxy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "apps/http/edge.h"

namespace pith {

struct UpstreamPlan {
  enum class Via : std::uint8_t { kDirect, kConnect, kAbsoluteForm };
  Via via = Via::kDirect;
  bool tls = false;
  std::string name;
  std::string host;          ///< For SNI and the certificate.
  std::string host_header;   ///< "api.example.com", with the port unless it is the scheme's own.
  std::string authority;     ///< host:port, for CONNECT.
  std::string connect_host;  ///< Where the TCP connection goes.
  std::uint16_t connect_port = 0;
  std::string target_prefix;  ///< Put before the target: path_prefix, after "http://host" with
                              ///< kAbsoluteForm.
  std::string proxy_authorization;  ///< Header value, or empty.
  bool send_via = false;
  bool keep_pith_headers = false;
};

/// Errors: kInvalidArgument for a proxy URL that is not http://[user:password@]host[:port].
Result<UpstreamPlan> plan_upstream(const Upstream& upstream, const EdgeOptions& options);

/// NO_PROXY as curl and Go read it: "*", hosts, domains with or without a leading dot, host:port,
/// CIDR blocks. Loopback addresses and "localhost" never go through a proxy.
bool bypasses_proxy(std::string_view host, std::uint16_t port, std::string_view no_proxy);

}  // namespace pith
