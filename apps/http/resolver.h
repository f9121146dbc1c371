// Host names to addresses, off the request path.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "messages/result.h"

namespace pith {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

/// getaddrinfo on threads of its own, with a cache shared by all I/O threads. An entry older than
/// `fresh` is renewed in the background while the old one still serves; only the first look-up of a
/// name waits. Thread-safe.
class Resolver : public std::enable_shared_from_this<Resolver> {
 public:
  using Addresses =
      std::shared_ptr<const std::vector<SocketAddress>>;  ///< Families alternate; never empty.
  using Callback = std::function<void(Result<Addresses>)>;
  using Lookup = std::function<Result<Addresses>(const std::string& host, std::uint16_t port)>;

  explicit Resolver(std::chrono::milliseconds fresh = std::chrono::seconds(45),
                    Lookup lookup = system_lookup)
      : fresh_(fresh), lookup_(std::move(lookup)) {}

  /// `done` runs before this returns when the answer is known, else on a look-up thread.
  void resolve(const std::string& host, std::uint16_t port, Callback done);
  /// Puts the address that answered first for the next connection.
  void prefer(const std::string& host, std::uint16_t port, const SocketAddress& address);

  static Result<Addresses> system_lookup(const std::string& host, std::uint16_t port);

 private:
  struct Entry {
    Addresses addresses;
    std::chrono::steady_clock::time_point looked_up_at;
    bool looking_up = false;
    std::vector<Callback> waiting;
  };
  using Key = std::pair<std::string, std::uint16_t>;
  void start_lookup(const Key& key);
  void finish_lookup(const Key& key, Result<Addresses> found);

  const std::chrono::milliseconds fresh_;
  const Lookup lookup_;
  std::mutex mutex_;
  std::map<Key, Entry> entries_;
};

}  // namespace pith
