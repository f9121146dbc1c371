// Rotary positions: queries and keys turned by their place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace pith {

/// Cosines and sines of position theta^(-2 i / head_size), i < head_size / 2: angles
/// [positions.size(), head_size], a row's cosines before its sines.  Su et al. 2021, equation 15.
void rotary_angles(std::span<const std::int32_t> positions, std::size_t head_size, float theta,
                   float* angles);

/// kBack is the rotation's inverse, which its gradient needs.
enum class Turn : bool { kForth, kBack };

/// Turns numbers i and i + head_size / 2 of every head as a pair (Hugging Face's order; the paper
/// pairs neighbours). x: rows `stride` apart, in each num_heads heads side by side; in place.
void rotate(float* x, std::size_t num_rows, std::size_t stride, std::size_t num_heads,
            std::size_t head_size, const float* angles, Turn turn);

}  // namespace pith
