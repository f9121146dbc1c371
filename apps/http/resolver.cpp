#include "apps/http/resolver.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <thread>

namespace pith {

Result<Resolver::Addresses> Resolver::system_lookup(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (error != 0)
    return {ErrorCode::kUnavailable, std::string("cannot resolve: ") + gai_strerror(error)};
  // The system's order of preference, but families alternate: one that leads nowhere costs one
  // attempt, not all.
  std::vector<SocketAddress> first, other;
  for (const addrinfo* info = list; info != nullptr; info = info->ai_next) {
    if (info->ai_addrlen > sizeof(sockaddr_storage)) continue;
    SocketAddress address;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
    address.length = info->ai_addrlen;
    (info->ai_family == list->ai_family ? first : other).push_back(address);
  }
  freeaddrinfo(list);
  auto mixed = std::make_shared<std::vector<SocketAddress>>();
  for (std::size_t i = 0; i < std::max(first.size(), other.size()); ++i) {
    if (i < first.size()) mixed->push_back(first[i]);
    if (i < other.size()) mixed->push_back(other[i]);
  }
  if (mixed->empty()) return {ErrorCode::kUnavailable, "cannot resolve: no addresses"};
  return Addresses(std::move(mixed));
}

void Resolver::resolve(const std::string& host, std::uint16_t port, Callback done) {
  Addresses known;
  {
    const std::lock_guard lock(mutex_);
    const Key key{host, port};
    Entry& entry = entries_[key];
    const bool stale = std::chrono::steady_clock::now() - entry.looked_up_at > fresh_;
    known = entry.addresses;
    if (!known) entry.waiting.push_back(std::move(done));
    if ((!known || stale) && !entry.looking_up) {
      entry.looking_up = true;
      start_lookup(key);
    }
  }
  if (known) done(known);
}

void Resolver::start_lookup(const Key& key) {
  // Detached: getaddrinfo cannot be interrupted, and stopping must not wait for a dead name server.
  std::thread([self = shared_from_this(), key] {
    self->finish_lookup(key, self->lookup_(key.first, key.second));
  }).detach();
}

void Resolver::finish_lookup(const Key& key, Result<Addresses> found) {
  std::vector<Callback> waiting;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = entries_[key];
    entry.looking_up = false;
    if (found) {
      entry.addresses = *found;
      entry.looked_up_at = std::chrono::steady_clock::now();
    } else if (entry.addresses) {
      entry.looked_up_at = std::chrono::steady_clock::now();  // Old addresses are better than none.
    }
    waiting.swap(entry.waiting);
  }
  for (Callback& done : waiting) done(found);
}

void Resolver::prefer(const std::string& host, std::uint16_t port, const SocketAddress& address) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find({host, port});
  if (it == entries_.end() || !it->second.addresses) return;
  auto reordered = std::make_shared<std::vector<SocketAddress>>(*it->second.addresses);
  const auto same =
      std::find_if(reordered->begin(), reordered->end(), [&](const SocketAddress& other) {
        return other.length == address.length &&
               std::memcmp(&other.storage, &address.storage, address.length) == 0;
      });
  if (same == reordered->end() || same == reordered->begin()) return;
  std::rotate(reordered->begin(), same, same + 1);
  it->second.addresses = std::move(reordered);
}

}  // namespace pith
