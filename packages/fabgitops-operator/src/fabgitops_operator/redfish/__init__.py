"""BMCs by Redfish (DMTF DSP0266): what is asked of them over HTTPS, and how little of the answers is believed."""
