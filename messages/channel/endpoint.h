// Which endpoints Pith speaks on: inproc, ipc in a private directory, tcp on loopback. Anything
// else needs CURVE.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "messages/result.h"

namespace pith {

enum class EndpointUse : std::uint8_t { kBind, kConnect };

/// Checks a ZeroMQ endpoint before it is used. For kBind on ipc the directory is made with mode
/// 0700 when it is missing; one that others can enter is refused, since the socket has no other
/// guard. Errors: kInvalidArgument: "tcp beyond loopback needs CURVE, which is not configured",
/// unknown transport, path too long, directory open to others.
Result<Done> check_endpoint(const std::string& endpoint, EndpointUse use);

struct HostPort {
  std::string host;
  std::uint16_t port = 0;  ///< 0: any free one.
};
/// "HOST:PORT", "[::1]:PORT". Errors: kInvalidArgument.
Result<HostPort> parse_host_port(std::string_view text);

/// 127.0.0.0/8, ::1 and "localhost"; by its digits, never by asking a name server.
bool is_loopback(std::string_view host);

/// Makes the directory of `path` with mode 0700 (parents with the usual mode) when it is missing.
/// Errors: kInvalidArgument with the system's reason.
Result<Done> make_private_directory(const std::string& path);

}  // namespace pith
