// Work on many chunks at once.
#pragma once

#include <tbb/parallel_for.h>

#include <optional>
#include <utility>
#include <vector>

#include "messages/result.h"

namespace pith {

/// {work(0), ..., work(count - 1)}, or the error of the first that has one. One call a task.
template <class T, class Work>
Result<std::vector<T>> parallel_results(std::size_t count, const Work& work) {
  std::vector<std::optional<Result<T>>> done(count);
  tbb::parallel_for(
      tbb::blocked_range<std::size_t>(0, count, 1),
      [&](const tbb::blocked_range<std::size_t>& range) {
        for (std::size_t i = range.begin(); i < range.end(); ++i) done[i].emplace(work(i));
      },
      tbb::simple_partitioner());
  std::vector<T> values;
  values.reserve(count);
  for (std::optional<Result<T>>& one : done) {
    if (!*one) return one->error();
    values.push_back(**std::move(one));
  }
  return values;
}

}  // namespace pith
