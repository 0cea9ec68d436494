;; The inner loops of making a batch, in WebAssembly with 128-bit vectors. `scripts/build-kernels.mjs` turns this file into
;; `binary.ts`. Pointers and counts are in bytes where nothing else is said; memory is laid out by the caller.
(module
  (memory (export "memory") 16)

  ;; Bilinear sampling of a square, row by row; beyond the outermost pixel centres their pixels go on, or with $mirror all is mirrored.
  ;;
  ;; Positions are rounded to 1/2048 of a pixel. Each row is done in three sweeps, so that few vectors are alive in each:
  ;; where its pixels lie, their values, and the values packed as bytes of three planes.
  ;;
  ;; $src     interleaved RGB, [height, width, 3]; a row and 8 bytes behind it may be read, and do not matter
  ;; $work    room for a row of at most 4096 pixels: addresses at 0, weights down at 16448, weights across at 32896 (4 bytes a
  ;;          pixel), values at 49344 (16 bytes a pixel); 115200 bytes
  ;; $out     three planes, $plane apart; up to 3 bytes behind each plane's size² may be written
  (func (export "sample")
    (param $src i32) (param $width i32) (param $height i32)
    (param $m0 f64) (param $m1 f64) (param $m2 f64)
    (param $m3 f64) (param $m4 f64) (param $m5 f64)
    (param $m6 f64) (param $m7 f64) (param $m8 f64)
    (param $mirror i32) (param $work i32) (param $out i32) (param $plane i32) (param $size i32)
    (local $stride i32) (local $y i32) (local $fy f64) (local $w i32) (local $end i32) (local $v i32) (local $p i32) (local $to i32)
    (local $zero v128) (local $lastX v128) (local $lastY v128) (local $periodX v128) (local $periodY v128)
    (local $x v128) (local $scale v128) (local $px v128) (local $py v128) (local $ix v128) (local $iy v128)
    (local $bx v128) (local $by v128) (local $bd v128)
    (local $above v128) (local $below v128) (local $down v128) (local $left v128) (local $right v128)

    (local.set $stride (i32.mul (local.get $width) (i32.const 3)))
    (local.set $lastX (f32x4.splat (f32.convert_i32_s (i32.shl (i32.sub (local.get $width) (i32.const 1)) (i32.const 11)))))
    (local.set $lastY (f32x4.splat (f32.convert_i32_s (i32.shl (i32.sub (local.get $height) (i32.const 1)) (i32.const 11)))))
    ;; A side of one pixel has no period; 1 keeps the division finite, and the clamp below gives 0.
    (local.set $periodX (f32x4.pmax (f32x4.add (local.get $lastX) (local.get $lastX)) (f32x4.splat (f32.const 1))))
    (local.set $periodY (f32x4.pmax (f32x4.add (local.get $lastY) (local.get $lastY)) (f32x4.splat (f32.const 1))))
    (local.set $end (i32.add (local.get $work) (i32.shl (local.get $size) (i32.const 2))))

    (loop $rows
      ;; Where: position = (m · (x, y, 1)) / depth · 2048, four pixels at a time.
      (local.set $fy (f64.convert_i32_s (local.get $y)))
      (local.set $bx (f32x4.splat (f32.demote_f64 (f64.add (f64.mul (local.get $m1) (local.get $fy)) (local.get $m2)))))
      (local.set $by (f32x4.splat (f32.demote_f64 (f64.add (f64.mul (local.get $m4) (local.get $fy)) (local.get $m5)))))
      (local.set $bd (f32x4.splat (f32.demote_f64 (f64.add (f64.mul (local.get $m7) (local.get $fy)) (local.get $m8)))))
      (local.set $x (v128.const f32x4 0 1 2 3))
      (local.set $w (local.get $work))
      (loop $where
        (local.set $scale (f32x4.div (f32x4.splat (f32.const 2048))
          ;; A horizon inside the picture (a depth of 0 or less) is no division by zero.
          (f32x4.pmax (f32x4.splat (f32.const 1e-6))
            (f32x4.add (f32x4.mul (f32x4.splat (f32.demote_f64 (local.get $m6))) (local.get $x)) (local.get $bd)))))
        (local.set $px (f32x4.mul (local.get $scale)
          (f32x4.add (f32x4.mul (f32x4.splat (f32.demote_f64 (local.get $m0))) (local.get $x)) (local.get $bx))))
        (local.set $py (f32x4.mul (local.get $scale)
          (f32x4.add (f32x4.mul (f32x4.splat (f32.demote_f64 (local.get $m3))) (local.get $x)) (local.get $by))))
        (if (v128.any_true (v128.or
              (v128.or (f32x4.lt (local.get $px) (local.get $zero)) (f32x4.gt (local.get $px) (local.get $lastX)))
              (v128.or (f32x4.lt (local.get $py) (local.get $zero)) (f32x4.gt (local.get $py) (local.get $lastY)))))
          (then
            (if (local.get $mirror)
              (then
                ;; …2 1 [0 1 … last] last-1 …: within one period, the distance from `last` is the same on both sides.
                (local.set $px (f32x4.abs (local.get $px)))
                (local.set $px (f32x4.sub (local.get $px) (f32x4.mul (local.get $periodX) (f32x4.floor (f32x4.div (local.get $px) (local.get $periodX))))))
                (local.set $px (f32x4.sub (local.get $lastX) (f32x4.abs (f32x4.sub (local.get $lastX) (local.get $px)))))
                (local.set $py (f32x4.abs (local.get $py)))
                (local.set $py (f32x4.sub (local.get $py) (f32x4.mul (local.get $periodY) (f32x4.floor (f32x4.div (local.get $py) (local.get $periodY))))))
                (local.set $py (f32x4.sub (local.get $lastY) (f32x4.abs (f32x4.sub (local.get $lastY) (local.get $py)))))))
            (local.set $px (f32x4.pmin (local.get $lastX) (f32x4.pmax (local.get $zero) (local.get $px))))
            (local.set $py (f32x4.pmin (local.get $lastY) (f32x4.pmax (local.get $zero) (local.get $py))))))
        (local.set $ix (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $px) (f32x4.splat (f32.const 0.5)))))
        (local.set $iy (i32x4.trunc_sat_f32x4_s (f32x4.add (local.get $py) (f32x4.splat (f32.const 0.5)))))
        (v128.store (local.get $w)
          (i32x4.add
            (i32x4.add (i32x4.splat (local.get $src)) (i32x4.mul (i32x4.shr_u (local.get $iy) (i32.const 11)) (i32x4.splat (local.get $stride))))
            (i32x4.mul (i32x4.shr_u (local.get $ix) (i32.const 11)) (i32x4.splat (i32.const 3)))))
        ;; Down, both weights as a pair of 16 bits: 2048 - f for the row above, f for the row below.
        (local.set $iy (v128.and (local.get $iy) (i32x4.splat (i32.const 2047))))
        (v128.store offset=16448 (local.get $w)
          (v128.or (i32x4.shl (local.get $iy) (i32.const 16)) (i32x4.sub (i32x4.splat (i32.const 2048)) (local.get $iy))))
        (v128.store offset=32896 (local.get $w) (v128.and (local.get $ix) (i32x4.splat (i32.const 2047))))
        (local.set $x (f32x4.add (local.get $x) (f32x4.splat (f32.const 4))))
        (br_if $where (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end))))

      ;; What: the three channels of one pixel at a time, as 32-bit numbers.
      (local.set $w (local.get $work))
      (local.set $v (local.get $work))
      (loop $what
        (local.set $p (i32.load (local.get $w)))
        ;; Two neighbours in a row are 6 bytes: r0 g0 b0 r1 g1 b1.
        (local.set $above (v128.load8x8_u (local.get $p)))
        (local.set $below (v128.load8x8_u (i32.add (local.get $p) (local.get $stride))))
        (local.set $down (v128.load32_splat offset=16448 (local.get $w)))
        (local.set $left (i32x4.dot_i16x8_s (local.get $down)
          (i8x16.shuffle 0 1 16 17 2 3 18 19 4 5 20 21 6 7 22 23 (local.get $above) (local.get $below))))
        (local.set $right (i8x16.shuffle 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 (local.get $left)
          (i32x4.dot_i16x8_s (local.get $down)
            (i8x16.shuffle 8 9 24 25 10 11 26 27 12 13 28 29 14 15 30 31 (local.get $above) (local.get $below)))))
        ;; left · 2048 + (right - left) · f, rounded: at most 255 · 2048², which fits.
        (v128.store offset=49344 (local.get $v)
          (i32x4.shr_u
            (i32x4.add
              (i32x4.add (i32x4.shl (local.get $left) (i32.const 11)) (i32x4.splat (i32.const 2097152)))
              (i32x4.mul (i32x4.sub (local.get $right) (local.get $left)) (v128.load32_splat offset=32896 (local.get $w))))
            (i32.const 22)))
        (local.set $v (i32.add (local.get $v) (i32.const 16)))
        (br_if $what (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 4))) (local.get $end))))

      ;; Packed: four pixels to four bytes of each plane.
      (local.set $v (local.get $work))
      (local.set $w (local.get $work))
      (local.set $to (i32.add (local.get $out) (i32.mul (local.get $y) (local.get $size))))
      (loop $pack
        (local.set $above (i8x16.narrow_i16x8_u
          (i16x8.narrow_i32x4_s (v128.load offset=49344 (local.get $v)) (v128.load offset=49360 (local.get $v)))
          (i16x8.narrow_i32x4_s (v128.load offset=49376 (local.get $v)) (v128.load offset=49392 (local.get $v)))))
        (local.set $above (i8x16.shuffle 0 4 8 12 1 5 9 13 2 6 10 14 3 7 11 15 (local.get $above) (local.get $above)))
        (v128.store32_lane 0 (local.get $to) (local.get $above))
        (v128.store32_lane 1 (i32.add (local.get $to) (local.get $plane)) (local.get $above))
        (v128.store32_lane 2 (i32.add (local.get $to) (i32.shl (local.get $plane) (i32.const 1))) (local.get $above))
        (local.set $to (i32.add (local.get $to) (i32.const 4)))
        (local.set $v (i32.add (local.get $v) (i32.const 64)))
        (br_if $pack (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end))))
      (br_if $rows (i32.lt_s (local.tee $y (i32.add (local.get $y) (i32.const 1))) (local.get $size)))))

  ;; Replaces every byte by its entry in a table of 256. Reads and writes up to 3 bytes more than $count.
  (func (export "translate") (param $in i32) (param $out i32) (param $count i32) (param $table i32)
    (local $end i32) (local $four i32)
    (local.set $end (i32.add (local.get $in) (local.get $count)))
    (loop $next
      (local.set $four (i32.load (local.get $in)))
      (i32.store8 (local.get $out) (i32.load8_u (i32.add (local.get $table) (i32.and (local.get $four) (i32.const 255)))))
      (i32.store8 offset=1 (local.get $out)
        (i32.load8_u (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $four) (i32.const 8)) (i32.const 255)))))
      (i32.store8 offset=2 (local.get $out)
        (i32.load8_u (i32.add (local.get $table) (i32.and (i32.shr_u (local.get $four) (i32.const 16)) (i32.const 255)))))
      (i32.store8 offset=3 (local.get $out)
        (i32.load8_u (i32.add (local.get $table) (i32.shr_u (local.get $four) (i32.const 24)))))
      (local.set $out (i32.add (local.get $out) (i32.const 4)))
      (br_if $next (i32.lt_u (local.tee $in (i32.add (local.get $in) (i32.const 4))) (local.get $end)))))

  ;; RGB pixels to four f32 each, the fourth without meaning. Reads 8 bytes at each pixel.
  (func (export "spread") (param $row i32) (param $out i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $count) (i32.const 4))))
    (loop $next
      (v128.store (local.get $out)
        (f32x4.convert_i32x4_u (i32x4.extend_low_i16x8_u (v128.load8x8_u (local.get $row)))))
      (local.set $row (i32.add (local.get $row) (i32.const 3)))
      (br_if $next (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 16))) (local.get $end)))))

  ;; Enlarges one row that was spread: each new pixel is a weighted sum of four old ones.
  ;;
  ;; $taps  for each new pixel: four distances from $row in bytes (i32), four weights (f32); 32 bytes
  ;; $out   f32, [$count, 3]; 4 bytes behind it are written too
  (func (export "widen") (param $row i32) (param $taps i32) (param $out i32) (param $count i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $taps) (i32.shl (local.get $count) (i32.const 5))))
    (loop $next
      (v128.store (local.get $out)
        (f32x4.add
          (f32x4.add
            (f32x4.mul (v128.load32_splat offset=16 (local.get $taps))
              (v128.load (i32.add (local.get $row) (i32.load (local.get $taps)))))
            (f32x4.mul (v128.load32_splat offset=20 (local.get $taps))
              (v128.load (i32.add (local.get $row) (i32.load offset=4 (local.get $taps))))))
          (f32x4.add
            (f32x4.mul (v128.load32_splat offset=24 (local.get $taps))
              (v128.load (i32.add (local.get $row) (i32.load offset=8 (local.get $taps)))))
            (f32x4.mul (v128.load32_splat offset=28 (local.get $taps))
              (v128.load (i32.add (local.get $row) (i32.load offset=12 (local.get $taps))))))))
      (local.set $out (i32.add (local.get $out) (i32.const 12)))
      (br_if $next (i32.lt_u (local.tee $taps (i32.add (local.get $taps) (i32.const 32))) (local.get $end)))))

  ;; The weighted sum of four rows of f32, rounded and held to bytes. Reads and writes up to 15 elements more than $count.
  (func (export "blend")
    (param $a i32) (param $b i32) (param $c i32) (param $d i32)
    (param $wa f32) (param $wb f32) (param $wc f32) (param $wd f32)
    (param $out i32) (param $count i32)
    (local $end i32) (local $group i32) (local $sum v128) (local $v0 v128) (local $v1 v128) (local $v2 v128)
    (local.set $end (i32.add (local.get $out) (local.get $count)))
    (loop $next
      (local.set $group (i32.const 0))
      (loop $four
        (local.set $v0 (local.get $v1))
        (local.set $v1 (local.get $v2))
        (local.set $v2 (local.get $sum))
        ;; Adding 1.5 · 2²³ leaves the whole number, ties to even, in the low bits.
        (local.set $sum (i32x4.sub
          (f32x4.add (f32x4.splat (f32.const 12582912))
            (f32x4.add
              (f32x4.add (f32x4.mul (f32x4.splat (local.get $wa)) (v128.load (local.get $a))) (f32x4.mul (f32x4.splat (local.get $wb)) (v128.load (local.get $b))))
              (f32x4.add (f32x4.mul (f32x4.splat (local.get $wc)) (v128.load (local.get $c))) (f32x4.mul (f32x4.splat (local.get $wd)) (v128.load (local.get $d))))))
          (f32x4.splat (f32.const 12582912))))
        (local.set $a (i32.add (local.get $a) (i32.const 16)))
        (local.set $b (i32.add (local.get $b) (i32.const 16)))
        (local.set $c (i32.add (local.get $c) (i32.const 16)))
        (local.set $d (i32.add (local.get $d) (i32.const 16)))
        (br_if $four (i32.lt_u (local.tee $group (i32.add (local.get $group) (i32.const 1))) (i32.const 4))))
      (v128.store (local.get $out) (i8x16.narrow_i16x8_u
        (i16x8.narrow_i32x4_s (local.get $v0) (local.get $v1))
        (i16x8.narrow_i32x4_s (local.get $v2) (local.get $sum))))
      (br_if $next (i32.lt_u (local.tee $out (i32.add (local.get $out) (i32.const 16))) (local.get $end)))))

  ;; A number that tells damaged bytes: four interleaved polynomials of 32-bit words. The caller makes $count a multiple of 16.
  (func (export "checksum") (param $in i32) (param $count i32) (result i32)
    (local $end i32) (local $sum v128)
    (local.set $end (i32.add (local.get $in) (local.get $count)))
    (local.set $sum (i32x4.splat (local.get $count)))
    (loop $next
      (local.set $sum (i32x4.add (v128.load (local.get $in)) (i32x4.mul (local.get $sum) (i32x4.splat (i32.const 0x9e3779b1)))))
      (br_if $next (i32.lt_u (local.tee $in (i32.add (local.get $in) (i32.const 16))) (local.get $end))))
    (i32.add
      (i32.add (i32x4.extract_lane 0 (local.get $sum)) (i32.mul (i32x4.extract_lane 1 (local.get $sum)) (i32.const 0x85ebca6b)))
      (i32.add (i32.mul (i32x4.extract_lane 2 (local.get $sum)) (i32.const 0xc2b2ae35)) (i32.mul (i32x4.extract_lane 3 (local.get $sum)) (i32.const 0x27d4eb2f)))))
)
