//! Reed-Solomon over GF(256) as QR codes use it (ISO/IEC 18004, annex A and B): modulus 0x11D, roots α⁰, α¹ ….

/// Product in GF(256).
fn multiply(a: u8, b: u8) -> u8 {
    let mut product = 0u8;
    for bit in (0..8).rev() {
        let carry = product & 0x80 != 0;
        product <<= 1;
        if carry {
            product ^= 0x1d;
        }
        if b >> bit & 1 == 1 {
            product ^= a;
        }
    }
    product
}

fn power(mut base: u8, mut exponent: u32) -> u8 {
    let mut result = 1;
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

/// The inverse; 0 has none and gives 0.
fn inverse(a: u8) -> u8 {
    power(a, 254)
}

/// The value of a polynomial, lowest coefficient first.
fn evaluate(polynomial: &[u8], at: u8) -> u8 {
    polynomial.iter().rev().fold(0, |sum, coefficient| multiply(sum, at) ^ coefficient)
}

fn syndromes(block: &[u8], parity: usize) -> Vec<u8> {
    let root = |index: usize| power(2, u32::try_from(index).unwrap_or(0));
    (0..parity)
        .map(|index| {
            let root = root(index);
            block.iter().fold(0, |sum, byte| multiply(sum, root) ^ byte)
        })
        .collect()
}

/// Corrects a block in place whose last `parity` bytes are the check; false if there are too many errors.
pub(super) fn correct(block: &mut [u8], parity: usize) -> bool {
    let said = syndromes(block, parity);
    if said.iter().all(|each| *each == 0) {
        return true;
    }
    let Some(locator) = locator(&said) else { return false };
    let errors = locator.len() - 1;
    // Ω = S·σ mod x^parity
    let mut evaluator = vec![0u8; parity];
    for (i, a) in said.iter().enumerate() {
        for (j, b) in locator.iter().enumerate() {
            if let Some(slot) = evaluator.get_mut(i + j) {
                *slot ^= multiply(*a, *b);
            }
        }
    }
    // The formal derivative keeps the odd powers.
    let derivative: Vec<u8> = locator
        .iter()
        .enumerate()
        .skip(1)
        .map(|(index, coefficient)| if index % 2 == 1 { *coefficient } else { 0 })
        .collect();
    let length = block.len();
    let mut found = 0;
    for position in 0..length {
        let Ok(exponent) = u32::try_from(position) else { return false };
        let place = power(2, exponent);
        let back = inverse(place);
        if evaluate(&locator, back) != 0 {
            continue;
        }
        let slope = evaluate(&derivative, back);
        if slope == 0 {
            return false;
        }
        let error = multiply(place, multiply(evaluate(&evaluator, back), inverse(slope)));
        if let Some(byte) = block.get_mut(length - 1 - position) {
            *byte ^= error;
        }
        found += 1;
    }
    found == errors && syndromes(block, parity).iter().all(|each| *each == 0)
}

/// The error locator (Berlekamp–Massey), lowest coefficient 1; `None` beyond what can be corrected.
fn locator(said: &[u8]) -> Option<Vec<u8>> {
    let (mut current, mut before) = (vec![1u8], vec![1u8]);
    let (mut length, mut shift, mut old) = (0usize, 1usize, 1u8);
    for index in 0..said.len() {
        let mut gap = 0;
        for (back, coefficient) in current.iter().enumerate().take(length + 1) {
            let syndrome = index.checked_sub(back).and_then(|at| said.get(at)).copied().unwrap_or(0);
            gap ^= multiply(*coefficient, syndrome);
        }
        if gap == 0 {
            shift += 1;
            continue;
        }
        let factor = multiply(gap, inverse(old));
        let kept = current.clone();
        current.resize(current.len().max(before.len() + shift), 0);
        for (at, coefficient) in before.iter().enumerate() {
            if let Some(slot) = current.get_mut(at + shift) {
                *slot ^= multiply(factor, *coefficient);
            }
        }
        if 2 * length <= index {
            (length, before, old, shift) = (index + 1 - length, kept, gap, 1);
        } else {
            shift += 1;
        }
    }
    current.truncate(length + 1);
    (2 * length <= said.len() && current.len() == length + 1).then_some(current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_up_to_half_of_the_check_are_corrected() {
        let data: Vec<u8> = (0..40u8).map(|each| each.wrapping_mul(37)).collect();
        // The check bytes: remainder of the division by Π(x - αⁱ).
        let parity = 16;
        let mut generator = vec![1u8];
        for index in 0..parity {
            let root = power(2, index);
            let mut next = vec![0u8; generator.len() + 1];
            for (at, coefficient) in generator.iter().enumerate() {
                next[at] ^= *coefficient;
                next[at + 1] ^= multiply(*coefficient, root);
            }
            generator = next;
        }
        let mut rest = [data.clone(), vec![0; parity as usize]].concat();
        for at in 0..data.len() {
            let lead = rest[at];
            for (offset, coefficient) in generator.iter().enumerate() {
                rest[at + offset] ^= multiply(*coefficient, lead);
            }
        }
        let whole = [data.clone(), rest[data.len()..].to_vec()].concat();
        for errors in 0..=8usize {
            let mut broken = whole.clone();
            for error in 0..errors {
                broken[error * 7] ^= 0x5a + error as u8;
            }
            assert!(correct(&mut broken, 16), "{errors}");
            assert_eq!(broken, whole);
        }
        let mut lost = whole.clone();
        (0..12).for_each(|at| lost[at * 4] ^= 0x33);
        assert!(!correct(&mut lost, 16) || lost != whole);
    }
}
