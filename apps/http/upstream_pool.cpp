#include "apps/http/upstream_pool.h"

#include "apps/http/upstream_connection.h"
#include "apps/http/worker.h"

namespace pith {

UpstreamPool::UpstreamPool(Worker& worker)
    : worker_(worker), idle_(worker.core().plans.size()), slots_(worker.core().plans.size()) {}

UpstreamPool::~UpstreamPool() = default;

std::shared_ptr<UpstreamConnection> UpstreamPool::take(std::size_t upstream) {
  auto& idle = idle_[upstream];
  while (!idle.empty()) {
    std::shared_ptr<UpstreamConnection> connection = std::move(idle.back());
    idle.pop_back();
    --num_idle_;
    if (connection->idle_until_ms() > worker_.now_ms() && connection->is_quiet()) return connection;
    connection->close();
  }
  return nullptr;
}

void UpstreamPool::put(std::shared_ptr<UpstreamConnection> connection) {
  auto& idle = idle_[connection->upstream()];
  if (idle.size() >= kIdleMax) {
    idle.front()->close();
    idle.pop_front();
    --num_idle_;
  }
  idle.push_back(std::move(connection));
  ++num_idle_;
}

void UpstreamPool::sweep() {
  if (num_idle_ == 0 || ++ticks_ % 4 != 0) return;  // About once a second.
  for (auto& idle : idle_) {
    std::erase_if(idle, [this](const std::shared_ptr<UpstreamConnection>& connection) {
      if (connection->idle_until_ms() > worker_.now_ms() && connection->is_quiet()) return false;
      connection->close();
      --num_idle_;
      return true;
    });
  }
}

void UpstreamPool::clear() {
  for (auto& idle : idle_) {
    for (const auto& connection : idle) connection->close();
    idle.clear();
  }
  num_idle_ = 0;
}

}  // namespace pith
