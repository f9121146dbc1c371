// The numbers that training changes: one array, and what lies where in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pith {

/// One tensor in the array.
struct Parameter {
  std::string name;  ///< As Hugging Face names it.
  std::vector<std::uint64_t> shape;
  std::size_t begin = 0;
  std::size_t size = 0;
  bool decays = false;  ///< Weight decay applies: matrices, not biases and norms.
};

/// Gradients and optimiser moments are arrays of the same layout.
class ParameterLayout {
 public:
  /// Appends a tensor; gives its place.
  std::size_t add(std::string name, std::vector<std::uint64_t> shape, bool decays);

  const std::vector<Parameter>& all() const { return parameters_; }
  std::size_t size() const { return size_; }
  /// Null when there is none of that name.
  const Parameter* find(std::string_view name) const;

 private:
  std::vector<Parameter> parameters_;
  std::size_t size_ = 0;
};

/// Normal numbers with this standard deviation, from `seed` and their place alone: matrices; ones
/// for norm gains ("LayerNorm.weight", "layernorm.weight", "norm.weight"), zeros for the rest.
void initialize_parameters(const ParameterLayout& layout, float deviation, std::uint64_t seed,
                           std::span<float> values);

}  // namespace pith
